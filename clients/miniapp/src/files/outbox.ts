/** The files of one form: chosen, on their way, there, or not sent yet. Those that are there outlive a reload. */
import { reactive } from 'vue'
import { asProblem } from '../api/client'
import { sendFile } from '../api/files'
import type { Picked } from './picking'

export const MOST_PICTURES = 9
export const MOST_VOICES = 3

export interface FileInForm {
  kind: 'picture' | 'voice'
  state: 'sending' | 'there' | 'failed'
  /** From the server, once it is there. */
  id: string
  /** Where this phone finds it; empty after a reload. */
  place: string
  seconds: number | null
  /** How much of it has left, in percent. */
  percent: number
  problem: string
  picked: Picked | null
}

export interface KeptFile {
  id: string
  kind: 'picture' | 'voice'
  seconds: number | null
}

export function useOutbox(kept: KeptFile[]) {
  const files = reactive<FileInForm[]>(
    kept.map((file) => ({ ...file, state: 'there', place: '', percent: 100, problem: '', picked: null })),
  )

  function room(kind: FileInForm['kind']): number {
    const most = kind === 'picture' ? MOST_PICTURES : MOST_VOICES
    return most - files.filter((file) => file.kind === kind).length
  }

  function add(picked: Picked[]): void {
    for (const one of picked.slice(0, room(picked[0]?.kind ?? 'picture'))) {
      const { kind, place, seconds } = one
      files.push({ kind, state: 'sending', id: '', place, seconds, percent: 0, problem: '', picked: one })
      void send(files[files.length - 1]!)
    }
  }

  /** Again with the same key: what has arrived without our knowing is not sent twice. */
  async function send(file: FileInForm): Promise<void> {
    if (!file.picked) return
    file.state = 'sending'
    file.problem = ''
    try {
      const answer = await sendFile(file.picked, (part) => (file.percent = Math.round(part * 100)))
      Object.assign(file, { state: 'there', id: answer.id, seconds: answer.seconds })
    } catch (thrown) {
      file.problem = asProblem(thrown).message
      file.state = 'failed'
    }
  }

  function remove(file: FileInForm): void {
    files.splice(files.indexOf(file), 1) // what is on the server is forgotten there after a day
  }

  return {
    files,
    room,
    add,
    send,
    remove,
    clear: () => files.splice(0),
    ids: () => files.filter((file) => file.state === 'there').map((file) => file.id),
    kept: (): KeptFile[] => files.filter((file) => file.state === 'there').map(({ id, kind, seconds }) => ({ id, kind, seconds })),
    isBusy: () => files.some((file) => file.state === 'sending'),
    hasFailed: () => files.some((file) => file.state === 'failed'),
  }
}

export type Outbox = ReturnType<typeof useOutbox>
