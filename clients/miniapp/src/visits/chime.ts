/** A chime when the patient is called: two tones, made on the phone itself, where the browser lets a page sound.

A page may sound once its user has touched it. The mini-program has no tones of its own; there the phone shakes. */

const TONES = [659, 523] // e'' and c'', as a doorbell
const TONE_SECONDS = 0.35
const LOUDNESS = 0.25

// #ifdef H5
let audio: AudioContext | undefined

function unlock(): void {
  audio ??= new AudioContext()
  void audio.resume()
}
// #endif

/** Be ready to sound from the next touch on; gives how to stop waiting for it. */
export function armChime(): () => void {
  // #ifdef H5
  document.addEventListener('pointerup', unlock, { once: true })
  return () => document.removeEventListener('pointerup', unlock)
  // #endif
  // #ifndef H5
  return () => undefined
  // #endif
}

/** Sound, if the page may. */
export function chime(): void {
  // #ifdef H5
  if (!audio && navigator.userActivation?.hasBeenActive) unlock()
  if (!audio) return
  const start = audio.currentTime
  TONES.forEach((frequency, index) => tone(audio as AudioContext, frequency, start + index * TONE_SECONDS))
  // #endif
}

// #ifdef H5
function tone(on: AudioContext, frequency: number, from: number): void {
  const voice = on.createOscillator()
  const volume = on.createGain()
  voice.frequency.value = frequency
  volume.gain.setValueAtTime(LOUDNESS, from)
  volume.gain.exponentialRampToValueAtTime(0.001, from + TONE_SECONDS)
  voice.connect(volume).connect(on.destination)
  voice.start(from)
  voice.stop(from + TONE_SECONDS)
}
// #endif
