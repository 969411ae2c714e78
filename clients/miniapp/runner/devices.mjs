/**
 * The camera, the album, the microphone and the files of a phone, with the two questions that WeChat asks before: the
 * privacy agreement, once, and the permission of a scope, of which a refusal is remembered until the settings are opened.
 *
 * The test is the person: `__album` gives what they choose (base64, or null when they turn back), `__voice` what the
 * microphone hears. The questions are boxes with buttons, and the settings have one switch for each refused scope.
 */
import { modal, settle } from './answers.mjs'

const scopes = {}
const files = new Map()
let isAgreed = false
let number = 0

export function isBinary(data) {
  return data instanceof ArrayBuffer
}

function asked(words) {
  return new Promise((resolve) => modal({ ...words, success: ({ confirm }) => resolve(confirm) }))
}

function refusal(errMsg, errno) {
  return Object.assign(new Error(errMsg), { errMsg, errno })
}

/** Asks for the privacy agreement where it is still missing, as WeChat does when the app has no page of its own. */
async function agreed(name) {
  if (isAgreed) return
  const words = { title: '隐私保护指引', content: '使用前请阅读并同意本小程序的隐私保护指引。', confirmText: '同意', cancelText: '拒绝' }
  isAgreed = await asked(words)
  if (!isAgreed) throw refusal(`${name}:fail privacy permission is not authorized`, 104)
}

async function allowed(scope, name) {
  scopes[scope] ??= await asked({ title: '使用你的麦克风', content: '用于录制语音', confirmText: '允许', cancelText: '拒绝' })
  if (!scopes[scope]) throw refusal(`${name}:fail auth deny`)
}

function kept(base64, type, ending) {
  const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))
  const place = URL.createObjectURL(new Blob([bytes], { type })) + `#wxfile${(number += 1)}.${ending}`
  files.set(place, bytes.buffer)
  return place
}

async function album(name, count) {
  await agreed(name)
  const chosen = await globalThis.__album()
  if (chosen === null) throw refusal(`${name}:fail cancel`)
  return chosen.slice(0, count).map((base64) => kept(base64, 'image/jpeg', 'jpg'))
}

const recorder = {
  heard: {},
  onStart: (hear) => (recorder.heard.start = hear),
  onStop: (hear) => (recorder.heard.stop = hear),
  onError: (hear) => (recorder.heard.error = hear),
  onPause() {},
  onInterruptionBegin() {},
  onInterruptionEnd() {},
  start() {
    agreed('operateRecorder')
      .then(() => allowed('scope.record', 'operateRecorder'))
      .then(
        () => recorder.heard.start?.(),
        ({ errMsg, errno }) => recorder.heard.error?.({ errMsg, errno }),
      )
  },
  async stop() {
    const { content, ms } = await globalThis.__voice()
    recorder.heard.stop?.({ tempFilePath: kept(content, 'audio/mpeg', 'mp3'), duration: ms, fileSize: content.length })
  },
}

function player() {
  const sound = new Audio()
  const hear = (name) => (act) => sound.addEventListener(name, act)
  return {
    set src(place) {
      sound.src = place
    },
    play: () => sound.play().catch(() => undefined),
    stop: () => sound.pause(),
    destroy: () => sound.pause(),
    onEnded: hear('ended'),
    onError: hear('error'),
  }
}

async function openSettings() {
  for (const scope of Object.keys(scopes).filter((name) => !scopes[name])) {
    scopes[scope] = await asked({ title: '设置', content: '麦克风', confirmText: '打开', cancelText: '返回' })
  }
  return { authSetting: { ...scopes }, errMsg: 'openSetting:ok' }
}

export const devices = {
  chooseImage: (options) =>
    settle(options, async () => {
      const tempFilePaths = await album('chooseImage', options.count)
      return { tempFilePaths, tempFiles: tempFilePaths.map((path) => ({ path, size: files.get(path).byteLength })), errMsg: 'chooseImage:ok' }
    }),
  chooseMedia: (options) =>
    settle(options, async () => {
      const tempFiles = (await album('chooseMedia', options.count)).map((tempFilePath) => ({ tempFilePath, size: files.get(tempFilePath).byteLength, fileType: 'image' }))
      return { tempFiles, type: 'image', errMsg: 'chooseMedia:ok' }
    }),
  getRecorderManager: () => recorder,
  createInnerAudioContext: player,
  getFileSystemManager: () => ({
    readFile: (options) =>
      settle(options, () => {
        if (!files.has(options.filePath)) throw refusal('readFile:fail no such file')
        return { data: files.get(options.filePath), errMsg: 'readFile:ok' }
      }),
  }),
  downloadFile: (options) =>
    settle(options, async () => {
      const reply = await fetch(options.url, { headers: options.header })
      return { statusCode: reply.status, tempFilePath: URL.createObjectURL(await reply.blob()), errMsg: 'downloadFile:ok' }
    }),
  previewImage: (options) => settle(options, () => ({ errMsg: 'previewImage:ok' })),
  getSetting: (options) => settle(options, () => ({ authSetting: { ...scopes }, errMsg: 'getSetting:ok' })),
  openSetting: (options) => settle(options, openSettings),
}
