/** Reads QR codes from the camera. The reader (WebAssembly) is ours and comes from our own server. */
import { BarcodeDetector, prepareZXingModule } from 'barcode-detector/ponyfill'
import readerAddress from 'zxing-wasm/reader/zxing_reader.wasm?url'

prepareZXingModule({
  overrides: { locateFile: (path: string, prefix: string) => (path.endsWith('.wasm') ? readerAddress : prefix + path) },
})

/** Key of the text that says why the camera is not to be had. */
export type Trouble = 'cameraRefused' | 'cameraMissing' | 'cameraBusy' | 'cameraUnsafe' | 'cameraBroken'

const TROUBLES: Record<string, Trouble> = {
  NotAllowedError: 'cameraRefused',
  SecurityError: 'cameraRefused',
  NotFoundError: 'cameraMissing',
  OverconstrainedError: 'cameraMissing',
  NotReadableError: 'cameraBusy',
  AbortError: 'cameraBusy',
}

const LOOK_MS = 120
/** The same code is told again only when it was away for so long: a phone is held before the camera for seconds. */
const AWAY_MS = 2_500

export function troubleOf(error: unknown): Trouble {
  return TROUBLES[error instanceof DOMException ? error.name : ''] ?? 'cameraBroken'
}

/**
 * Opens the camera that looks away from the person, if there is one.
 *
 * Throws: DOMException, see `troubleOf`.
 */
export async function openCamera(): Promise<MediaStream> {
  const video = { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 720 } }
  return await navigator.mediaDevices.getUserMedia({ video, audio: false })
}

/** Whether the browser gives cameras to this page at all: only over https and on the machine itself. */
export const mayHaveCamera = () => window.isSecureContext && navigator.mediaDevices !== undefined

/** Looks at the picture until `stop` is called; tells each code once while it is held. */
export function watchPicture(video: HTMLVideoElement, hear: (code: string) => void): () => void {
  const detector = new BarcodeDetector({ formats: ['qr_code'] })
  let stopped = false
  let last = ''
  let lastSeen = -Infinity
  let timer: ReturnType<typeof setTimeout> | undefined

  async function look(): Promise<void> {
    if (!document.hidden && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) {
      const [found] = await detector.detect(video)
      const now = performance.now()
      if (found && !stopped) {
        const isNew = found.rawValue !== last || now - lastSeen > AWAY_MS
        last = found.rawValue
        lastSeen = now
        if (isNew) hear(last)
      }
    }
    if (!stopped) timer = setTimeout(() => void look(), LOOK_MS)
  }

  void look()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
