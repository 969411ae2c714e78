import { beforeEach, expect, test, vi } from 'vitest'
import { wordOf } from '@/pages/imports/columns'
import { KINDS, nameIn, typeOf } from '@/pages/imports/files'
import { changesAnything, effectsOf, hasSheets, type Plan, type Report } from '@/pages/imports/report'
import { useImport } from '@/pages/imports/use-import'
import { areas, speak } from '@/texts'

speak('zh-CN')

const PLAN: Plan = {
  new_sessions: 0,
  gone_sessions: 2,
  changed_sessions: 0,
  new_places: 0,
  gone_places: 12,
  conflicts: [],
  conflicts_count: 0,
}

function report(changes: Partial<Report> = {}): Report {
  return {
    dry_run: true,
    is_good: true,
    digest: 'd1',
    mistakes_count: 0,
    mistakes: [],
    counts: [{ kind: 'room', new: 1, changed: 0, unchanged: 3 }],
    rows: [],
    plan: PLAN,
    ...changes,
  }
}

interface Asked {
  url: URL
  type: string | null
  body: string
}

let asked: Asked[]

function answers(...all: { status?: number; body: unknown }[]): void {
  vi.stubGlobal('fetch', async (request: Request) => {
    asked.push({ url: new URL(request.url), type: request.headers.get('Content-Type'), body: await request.clone().text() })
    const { status = 200, body } = all.shift()!
    return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
  })
}

beforeEach(() => {
  asked = []
  sessionStorage.clear()
})

test('a file is checked when it is chosen, and imported as it was seen', async () => {
  answers({ body: report() }, { body: report({ dry_run: false }) })
  const work = useImport(() => 'room')
  await work.choose(new File(['代码,名称'], 'rooms.CSV'))
  expect(work.report.value?.is_good).toBe(true)
  await work.apply()
  expect(work.report.value?.dry_run).toBe(false)
  expect(asked.map((one) => [one.url.pathname, one.url.search, one.type, one.body])).toEqual([
    ['/api/v1/admin/imports/room', '?dry_run=true', 'text/csv', '代码,名称'],
    ['/api/v1/admin/imports/room', '?dry_run=false&digest=d1', 'text/csv', '代码,名称'],
  ])
})

test('what moved on since the check is checked again and said', async () => {
  const moved = { code: 'plan_changed', detail: '内容有变化' }
  answers({ body: report() }, { status: 409, body: moved }, { body: report({ digest: 'd2' }) })
  const work = useImport(() => 'room')
  await work.choose(new File(['x'], 'rooms.csv'))
  await work.apply()
  expect(work.movedOn.value).toBe(true)
  expect(work.problem.value).toBeNull()
  expect(work.report.value?.digest).toBe('d2')
  work.forget()
  expect([work.file.value, work.report.value, work.movedOn.value]).toEqual([null, null, false])
})

test('another file than ours is refused here, one that vanished is said kindly', async () => {
  answers()
  const work = useImport(() => 'room')
  await work.choose(new File(['x'], 'face.png'))
  expect(work.problem.value?.message).toContain('CSV')
  const gone = new File(['x'], 'rooms.csv')
  gone.arrayBuffer = () => Promise.reject(new DOMException('gone', 'NotReadableError'))
  await work.choose(gone)
  expect(work.problem.value?.message).toContain('再选一次')
  expect(asked).toEqual([])
})

test('files are known by their names', () => {
  expect(typeOf('a.csv')).toBe('text/csv')
  expect(typeOf('a.b.XLSX')).toContain('spreadsheetml')
  expect(typeOf('csv')).toBeNull()
  expect(typeOf('a.xls')).toBeNull()
  expect(nameIn('attachment; filename="rooms-2026.csv"', 'room', 'csv')).toBe('rooms-2026.csv')
  expect(nameIn(null, 'room', 'xlsx')).toBe('room.xlsx')
})

test('a report says only what is something', () => {
  expect(effectsOf(PLAN)).toEqual([
    { key: 'gone_sessions', n: 2 },
    { key: 'gone_places', n: 12 },
  ])
  expect(changesAnything(report())).toBe(true)
  expect(changesAnything(report({ counts: [{ kind: 'room', new: 0, changed: 0, unchanged: 9 }] }))).toBe(false)
  expect(hasSheets([{ sheet: 'room.csv' }])).toBe(false)
  expect(hasSheets([{ sheet: '诊室' }])).toBe(true)
})

test('columns are called by their kind, in the language of the reader', () => {
  const column = (name: string, word: string) => ({ name, words: [word], needed: true })
  const all = [
    { kind: 'campus', words: [], columns: [column('name', '院区名称')] },
    { kind: 'room', words: [], columns: [column('name', '诊室名称')] },
  ]
  expect(wordOf(all, 'room', 'name')).toBe('诊室名称')
  expect(wordOf(all, null, 'name')).toBe('院区名称')
  expect(wordOf(all, 'room', 'strange')).toBe('strange')
  speak('en')
  expect(wordOf(all, 'room', 'name')).toBe('name')
  speak('zh-CN')
})

test('every kind has its word', () => {
  expect(Object.keys(areas.imports['zh-CN'].kinds)).toEqual([...KINDS])
})
