/** Files that are let in, and files that are given out. */
import { answer, api } from '@/api/client'

export const KINDS = [
  'catalogue',
  'hospital',
  'campus',
  'department',
  'practitioner',
  'room',
  'schedule',
  'exception',
  'day',
  'setting',
  'price',
  'faq',
] as const
export type Kind = (typeof KINDS)[number]
export type Format = 'csv' | 'xlsx'

const TYPES: Record<Format, string> = {
  csv: 'text/csv',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
}

/** The type of a file by its name, for browsers give what the machine happens to know. Null: not one of ours. */
export function typeOf(name: string): string | null {
  const ending = /\.([^.]+)$/.exec(name.toLowerCase())?.[1]
  return ending === 'csv' || ending === 'xlsx' ? TYPES[ending] : null
}

/** The name that the server gives a file; its kind and form where it gives none. */
export function nameIn(disposition: string | null, kind: Kind, format: Format): string {
  const told = /filename="?([^";]+)"?/.exec(disposition ?? '')?.[1]
  return told ?? `${kind}.${format}`
}

/** Fetches a file with our token, which a link cannot carry, and hands it to the browser. Throws: Problem. */
export async function download(kind: Kind, format: Format): Promise<void> {
  const params = { path: { kind }, query: { format } }
  let disposition: string | null = null
  const call = api.GET('/api/v1/admin/exports/{kind}', { params, parseAs: 'blob' }).then((outcome) => {
    disposition = outcome.response.headers.get('Content-Disposition')
    return outcome
  })
  const blob = (await answer(call)) as Blob
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = nameIn(disposition, kind, format)
  link.click()
  URL.revokeObjectURL(link.href)
}
