/** Files on their way: sent as they are, with how far they are, and fetched with the session that they need. */
import { language } from '../texts'
import { BASE, signedIn, token } from './client'
import { noAnswer, problemOf } from './problem'
import type { Schema } from './types'

export type Attachment = Schema<'AttachmentView'>

/** What is sent. On the web its bytes, in the mini-program where it lies. */
export interface Outgoing {
  mediaType: string
  content: Blob | string
  /** The same file again gets the first answer. */
  key: string
}

const SEND_MS = 120_000 // a picture over a slow network

function headers(more: Record<string, string> = {}): Record<string, string> {
  return { Authorization: `Bearer ${token()}`, 'Accept-Language': language.value, ...more }
}

/** Send a file; `moved` hears how much of it has left, from 0 to 1. */
export function sendFile(file: Outgoing, moved: (part: number) => void): Promise<Attachment> {
  return signedIn(() => carry(file, moved))
}

function carry(file: Outgoing, moved: (part: number) => void): Promise<Attachment> {
  const url = `${BASE}/api/v1/attachments`
  const named = () => headers({ 'content-type': file.mediaType, 'Idempotency-Key': file.key })
  return new Promise((resolve, reject) => {
    // #ifdef H5
    const request = new XMLHttpRequest()
    request.open('POST', url)
    request.timeout = SEND_MS
    for (const [name, value] of Object.entries(named())) request.setRequestHeader(name, value)
    request.upload.onprogress = (event) => moved(event.total ? event.loaded / event.total : 0)
    request.onload = () => {
      const answer: unknown = parsed(request.responseText)
      if (request.status < 400) resolve(answer as Attachment)
      else reject(problemOf(request.status, answer, {}))
    }
    request.onerror = () => reject(noAnswer(''))
    request.ontimeout = () => reject(noAnswer('timeout'))
    request.send(file.content as Blob)
    // #endif
    // #ifndef H5
    uni.getFileSystemManager().readFile({
      filePath: file.content as string,
      fail: () => reject(noAnswer('')),
      success: ({ data: content }) => {
        moved(0.5) // the platform does not say how far it is
        uni.request({
          url,
          method: 'POST',
          header: named(),
          data: content as ArrayBuffer,
          timeout: SEND_MS,
          fail: ({ errMsg }) => reject(noAnswer(errMsg ?? '')),
          success: ({ statusCode, data }) => {
            if (statusCode < 400) resolve(data as Attachment)
            else reject(problemOf(statusCode, data, {}))
          },
        })
      },
    })
    // #endif
  })
}

// #ifdef H5
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // a gateway's own page
  }
}
// #endif

const fetched = new Map<string, Promise<string>>()

/** Give an address that shows a file on this phone. */
export function fileOf(id: string): Promise<string> {
  let place = fetched.get(id)
  if (!place) {
    place = signedIn(() => bring(id))
    fetched.set(id, place)
    place.catch(() => fetched.delete(id))
  }
  return place
}

async function bring(id: string): Promise<string> {
  const url = `${BASE}/api/v1/attachments/${id}`
  // #ifdef H5
  let reply: Response
  try {
    reply = await fetch(url, { headers: headers() })
  } catch {
    throw noAnswer('')
  }
  if (!reply.ok) throw problemOf(reply.status, null, {})
  return URL.createObjectURL(await reply.blob())
  // #endif
  // #ifndef H5
  return new Promise((resolve, reject) => {
    uni.downloadFile({
      url,
      header: headers(),
      success: ({ statusCode, tempFilePath }) =>
        statusCode < 400 ? resolve(tempFilePath) : reject(problemOf(statusCode, null, {})),
      fail: ({ errMsg }) => reject(noAnswer(errMsg ?? '')),
    })
  })
  // #endif
}
