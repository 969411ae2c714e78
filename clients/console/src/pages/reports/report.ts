/** What the page of reports shows of them. Pure, but for handing a file to the browser. */
import { answer, api, type Schemas } from '@/api/client'
import type { Role } from '@/session'

export type Report = Schemas['DeskReportView']
export type Line = Schemas['ReportLine']
export type Change = Schemas['ReportChange']

export const READERS = {
  'desk-morning': ['guide', 'supervisor'],
  'desk-arrivals': ['operations'],
  'desk-evening': ['customer_service'],
} as const satisfies Record<string, Role[]>
export type Name = keyof typeof READERS
export const NAMES = Object.keys(READERS) as Name[]

/** In the order of reading; a number that a report does not have is left out. */
const COUNTS: Record<Name, string[]> = {
  'desk-morning': ['booked', 'complete', 'no_intake', 'no_phone', 'no_id_number', 'no_needs', 'special_needs'],
  'desk-arrivals': ['booked', 'walk_ins', 'came', 'not_come', 'waiting', 'in_care', 'finished', 'left', 'cancelled', 'urgent'],
  'desk-evening': ['booked', 'walk_ins', 'came', 'finished', 'in_care', 'waiting', 'left', 'not_come', 'cancelled', 'urgent'],
}

export function countsOf(report: Report): string[] {
  return COUNTS[report.name as Name].filter((word) => word === 'booked' || report.totals[word])
}

type Filter = (line: Line) => boolean
export const FILTERS: Record<Name, Record<string, Filter>> = {
  'desk-morning': {
    missing: (line) => (line.missing ?? []).length > 0,
    needs: (line) => Boolean(line.needs),
  },
  'desk-arrivals': { not_come: (line) => !line.came },
  'desk-evening': {
    not_come: (line) => !line.came,
    left: (line) => line.outcome === 'left',
    open: (line) => line.outcome === 'waiting' || line.outcome === 'in_care',
  },
}

const TYPES = { csv: 'text/csv', xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' }

/** Fetches the reports of a day as a file and hands it to the browser. Throws: Problem. */
export async function download(name: Name, day: string, department: string | null, format: keyof typeof TYPES): Promise<void> {
  const params = { path: { name }, query: { from: day, to: day, department: department ?? undefined } }
  const call = api.GET('/api/v1/reports/{name}', { params, parseAs: 'blob', headers: { Accept: TYPES[format] } })
  const blob = (await answer(call as never)) as Blob
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = `${name}-${day}.${format}`
  link.click()
  URL.revokeObjectURL(link.href)
}
