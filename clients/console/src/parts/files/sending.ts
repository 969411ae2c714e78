/** Files that travel by themselves while the rest is still written. */
import { computed, onUnmounted, reactive } from 'vue'
import { answer, api, Problem, type Schemas } from '@/api/client'

export const TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'audio/mpeg', 'audio/mp4', 'audio/wav']
export const MOST_FILES = 9

export interface Sent {
  name: string
  /** Where this browser finds it, for a picture. */
  preview: string
  state: 'sending' | 'there' | 'failed'
  id: string
  problem: string
  content: File
}

export function useSending() {
  const files = reactive<Sent[]>([])
  const ids = computed(() => files.filter((file) => file.state === 'there').map((file) => file.id))
  const isReady = computed(() => files.every((file) => file.state === 'there'))

  function add(chosen: Iterable<File>): void {
    for (const content of [...chosen].slice(0, MOST_FILES - files.length)) {
      const preview = content.type.startsWith('image/') ? URL.createObjectURL(content) : ''
      files.push({ name: content.name, preview, state: 'sending', id: '', problem: '', content })
      void send(files[files.length - 1]!)
    }
  }

  async function send(file: Sent): Promise<void> {
    Object.assign(file, { state: 'sending', problem: '' })
    try {
      const sent = await post(file.content)
      Object.assign(file, { state: 'there', id: sent.id })
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      Object.assign(file, { state: 'failed', problem: error.message })
    }
  }

  function remove(file: Sent): void {
    if (file.preview) URL.revokeObjectURL(file.preview)
    files.splice(files.indexOf(file), 1) // what has arrived is forgotten there after a day
  }

  function clear(): void {
    while (files.length > 0) remove(files[0]!)
  }

  onUnmounted(clear)
  return { files, ids, isReady, add, send, remove, clear }
}

/** The body is the file itself, which the typed client cannot be told. */
function post(content: File): Promise<Schemas['AttachmentView']> {
  const how = { body: content, headers: { 'Content-Type': content.type }, bodySerializer: (body: unknown) => body as BodyInit }
  return answer(api.POST('/api/v1/attachments', how as never))
}
