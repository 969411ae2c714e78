/** Pictures and recordings from the phone. On the web a large picture is made smaller before it travels. */
import { uuid } from '../api/keys'
import type { Outgoing } from '../api/files'

export interface Picked extends Outgoing {
  kind: 'picture' | 'voice'
  /** Where this phone finds it. */
  place: string
  seconds: number | null
}

const PICTURES: Record<string, string> = { jpg: 'image/jpeg', jpeg: 'image/jpeg', png: 'image/png', webp: 'image/webp', gif: 'image/gif' }
const VOICES: Record<string, string> = { mp3: 'audio/mpeg', m4a: 'audio/mp4', aac: 'audio/aac', wav: 'audio/wav', amr: 'audio/amr' }

function typeOf(name: string, types: Record<string, string>, otherwise: string): string {
  return types[name.split('.').pop()?.toLowerCase() ?? ''] ?? otherwise
}

/**
 * Why the phone gives us nothing: the privacy agreement of the platform is missing, the person or the phone did not
 * allow it, or there is no such device.
 */
export type Trouble = 'privacy' | 'denied' | 'none'

export class NotAllowed extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble)
  }
}

/** Reads from a refusal of the platform why; null when the person turned back. */
export function troubleIn(errMsg: string, errno?: number): Trouble | null {
  if (errno === 103 || errno === 104 || errMsg.includes('privacy')) return 'privacy'
  if (errMsg.includes('cancel')) return null
  return /auth|deny|denied|permission/.test(errMsg) ? 'denied' : 'none'
}

/** Let somebody choose pictures; nothing when they turn back. Rejects: NotAllowed. */
export function pickPictures(most: number): Promise<Picked[]> {
  return new Promise((resolve, reject) => {
    // #ifdef H5
    uni.chooseImage({
      count: most,
      sizeType: ['compressed'],
      fail: () => resolve([]),
      success: ({ tempFilePaths, tempFiles }) => {
        const places = tempFilePaths as string[]
        const files = tempFiles as unknown as File[]
        void Promise.all(files.slice(0, most).map((file, n) => pictureOf(file, places[n]!))).then(resolve, reject)
      },
    })
    // #endif
    // #ifndef H5
    uni.chooseMedia({
      count: most,
      mediaType: ['image'],
      sizeType: ['compressed'],
      fail: ({ errMsg = '', errno }: { errMsg?: string; errno?: number }) => {
        const trouble = troubleIn(errMsg, errno)
        if (trouble) reject(new NotAllowed(trouble))
        else resolve([])
      },
      success: ({ tempFiles }) =>
        resolve(
          tempFiles.slice(0, most).map(({ tempFilePath: place }) => ({
            kind: 'picture',
            mediaType: typeOf(place, PICTURES, 'image/jpeg'),
            content: place,
            key: uuid(),
            place,
            seconds: null,
          })),
        ),
    })
    // #endif
  })
}

/** Let somebody choose recordings that they have; nothing when they do not. */
export function pickVoices(most: number): Promise<Picked[]> {
  return new Promise((resolve) => {
    // #ifdef H5
    uni.chooseFile({
      count: most,
      extension: Object.keys(VOICES).map((ending) => `.${ending}`),
      fail: () => resolve([]),
      success: ({ tempFiles, tempFilePaths }) =>
        resolve(
          (tempFiles as File[]).slice(0, most).map((file, n) => ({
            kind: 'voice',
            mediaType: typeOf(file.name, VOICES, file.type),
            content: file,
            key: uuid(),
            place: (tempFilePaths as string[])[n]!,
            seconds: null,
          })),
        ),
    })
    // #endif
    // #ifndef H5
    resolve([])
    // #endif
  })
}

// #ifdef H5
const LONGEST_SIDE = 2048
const SMALL_ENOUGH = 400_000

async function pictureOf(file: File, place: string): Promise<Picked> {
  const type = typeOf(file.name, PICTURES, file.type)
  const smaller = file.size > SMALL_ENOUGH || !Object.values(PICTURES).includes(type) ? await shrunk(file) : null
  return {
    kind: 'picture',
    mediaType: smaller ? 'image/jpeg' : type,
    content: smaller ?? file,
    key: uuid(),
    place,
    seconds: null,
  }
}

/** Draw it anew, at most 2048 pixels long; null when this browser cannot read it, and the server will say so. */
async function shrunk(file: File): Promise<Blob | null> {
  try {
    const picture = await createImageBitmap(file)
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height))
    const canvas = document.createElement('canvas')
    canvas.width = Math.round(picture.width * scale)
    canvas.height = Math.round(picture.height * scale)
    canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height)
    picture.close()
    return await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.85))
  } catch {
    return null
  }
}
// #endif
