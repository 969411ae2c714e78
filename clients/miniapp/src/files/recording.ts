/** A voice recorded on the phone: by the mini-program as MP3, on the web as WAV, which every browser plays. */
import { uuid } from '../api/keys'
import { NotAllowed, troubleIn, type Picked } from './picking'

export const LONGEST_SECONDS = 180
export const LONGEST_SECONDS_WEB = 90 // a WAV is larger, and the network may be slow

export interface Recording {
  /** Stop and give what was recorded; null when it was nothing. */
  finish: () => Promise<Picked | null>
  /** Stop and forget it. */
  drop: () => void
}

/** Begin. Rejects: NotAllowed. */
export function record(): Promise<Recording> {
  // #ifdef H5
  return onWeb()
  // #endif
  // #ifndef H5
  return inApp()
  // #endif
}

// #ifdef H5
const RATE = 16_000

async function onWeb(): Promise<Recording> {
  if (!navigator.mediaDevices?.getUserMedia || typeof MediaRecorder === 'undefined') throw new NotAllowed('none')
  let stream: MediaStream
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true })
  } catch (error) {
    throw new NotAllowed(error instanceof DOMException && error.name === 'NotAllowedError' ? 'denied' : 'none')
  }
  const recorder = new MediaRecorder(stream)
  const parts: Blob[] = []
  const ended = new Promise<void>((resolve) => {
    recorder.onstop = () => resolve()
  })
  recorder.ondataavailable = ({ data }) => parts.push(data)
  recorder.start()
  const stop = async (): Promise<void> => {
    if (recorder.state !== 'inactive') recorder.stop()
    await ended
    stream.getTracks().forEach((track) => track.stop())
  }
  return {
    finish: async () => {
      await stop()
      const sound = await toWav(new Blob(parts))
      return sound && { kind: 'voice', mediaType: 'audio/wav', content: sound.wav, key: uuid(), place: URL.createObjectURL(sound.wav), seconds: sound.seconds }
    },
    drop: () => void stop(),
  }
}

async function toWav(recorded: Blob): Promise<{ wav: Blob; seconds: number } | null> {
  try {
    const whole = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await recorded.arrayBuffer())
    const context = new OfflineAudioContext(1, Math.ceil(whole.duration * RATE), RATE)
    const source = context.createBufferSource()
    source.buffer = whole
    source.connect(context.destination)
    source.start()
    const samples = (await context.startRendering()).getChannelData(0)
    return { wav: wavOf(samples), seconds: whole.duration }
  } catch {
    return null
  }
}

/** Write samples from -1 to 1 as a WAV of 16 bits. */
export function wavOf(samples: Float32Array): Blob {
  const view = new DataView(new ArrayBuffer(44 + samples.length * 2))
  const text = (at: number, word: string) => [...word].forEach((letter, n) => view.setUint8(at + n, letter.charCodeAt(0)))
  text(0, 'RIFF')
  view.setUint32(4, 36 + samples.length * 2, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, RATE, true)
  view.setUint32(28, RATE * 2, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  text(36, 'data')
  view.setUint32(40, samples.length * 2, true)
  samples.forEach((value, n) => view.setInt16(44 + n * 2, Math.round(Math.max(-1, Math.min(1, value)) * 32767), true))
  return new Blob([view], { type: 'audio/wav' })
}
// #endif

// #ifndef H5
function inApp(): Promise<Recording> {
  const manager = uni.getRecorderManager()
  let take: (picked: Picked | null) => void = () => undefined
  const picked = new Promise<Picked | null>((resolve) => {
    take = resolve
  })
  return new Promise((resolve, reject) => {
    manager.onStart(() => resolve({ finish: () => (manager.stop(), picked), drop: () => manager.stop() }))
    manager.onError(({ errMsg = '', errno }: { errMsg?: string; errno?: number }) => {
      take(null)
      reject(new NotAllowed(troubleIn(errMsg, errno) ?? 'none'))
    })
    manager.onStop((ended: { tempFilePath: string; duration?: number }) => {
      const place = ended.tempFilePath
      take({ kind: 'voice', mediaType: 'audio/mpeg', content: place, key: uuid(), place, seconds: (ended.duration ?? 0) / 1000 })
    })
    manager.start({ duration: LONGEST_SECONDS * 1000, sampleRate: 16_000, numberOfChannels: 1, encodeBitRate: 24_000, format: 'mp3' })
  })
}
// #endif
