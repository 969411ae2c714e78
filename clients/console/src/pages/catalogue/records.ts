/**
 * What the administration of the catalogue does, the same for all its kinds: list, open, create, change, put out of use.
 *
 * The routes of the kinds differ in their names only, which the typed client cannot be told; the rows are typed.
 */
import { answer, api } from '@/api/client'
import { asSeen, type Kept } from '@/parts/forms/editing'
import type { Page } from '@/parts/pages'
import type { Schemas } from '@/api/client'
import type { Campus, Department, Practitioner, Room } from './kinds'

/** The kinds that are kept in a list, by the names of their routes. */
export interface Rows {
  campuses: Campus
  departments: Department
  practitioners: Practitioner
  rooms: Room
}
export type Kind = keyof Rows
export type Use = Schemas['UseView']
export type Change = Schemas['CatalogueChange']

interface How {
  body?: unknown
  headers?: Record<string, string>
  params?: { query: Record<string, unknown> }
  bodySerializer?: (body: unknown) => unknown
}
type Send = (path: string, how?: How) => Promise<{ data?: unknown; response: Response; error?: unknown }>

const sends = api as unknown as Record<'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', Send>

/** Sends something whose route is put together here; gives the body. Throws: Problem. */
export async function send<Body>(method: keyof typeof sends, path: string, how?: How): Promise<Body> {
  return (await answer(sends[method](`/api/v1/admin/${path}`, how))) as Body
}

export function recordsOf<Row extends Kept>(kind: Kind) {
  return {
    list: (query: Record<string, unknown>) => send<Page<Row>>('GET', kind, { params: { query } }),
    one: (id: string) => send<Row>('GET', `${kind}/${id}`),
    create: (body: unknown) => send<Row>('POST', kind, { body }),
    change: (row: Row, body: unknown) => send<Row>('PATCH', `${kind}/${row.id}`, { body, headers: asSeen(row) }),
    use: (id: string) => send<Use>('GET', `${kind}/${id}/use`),
    deactivate: (row: Row, reason: string) =>
      send<Row>('POST', `${kind}/${row.id}/deactivation`, { body: { reason }, headers: asSeen(row) }),
    activate: (row: Row) => send<Row>('POST', `${kind}/${row.id}/activation`, { body: {}, headers: asSeen(row) }),
  }
}

/** path: whose, as `departments/<id>`, `hospital` or `prices`. */
export function changesOf(path: string, cursor?: string): Promise<{ items: Change[]; next: string | null }> {
  return send('GET', `${path}/history`, { params: { query: { cursor, limit: 20 } } })
}

/** All of a list that is not long. */
export async function allOf<Row>(path: string): Promise<Row[]> {
  const found: Row[] = []
  let cursor: string | undefined
  do {
    const page: { items: Row[]; next: string | null } = await send('GET', path, { params: { query: { limit: 100, cursor } } })
    found.push(...page.items)
    cursor = page.next ?? undefined
  } while (cursor)
  return found
}
