/**
 * What a desk keeps on its machine, over reloads and crashes: the day of each desk, and the scans that nobody has
 * heard of yet. The day goes when it is over and when somebody signs out; scans stay until the server has answered.
 */
import { newId } from '@/api/once'
import type { Schemas } from '@/api/client'
import type { Band, DeskDay, Person, Verdict } from './judge'

/** One instant on two clocks, in milliseconds: when the server was last heard. */
export interface Contact {
  device: number
  server: number
}

export interface KeptDay {
  deskId: string
  version: string
  day: DeskDay
  desk: Schemas['DeskOfDay']
  people: Person[]
  bands: Band[]
  contact: Contact
}

export interface KeptScan {
  scanId: string
  /** Its number on this device. */
  order: number
  deskId: string
  /** By this device's clock, in milliseconds. */
  at: number
  outcome: Verdict['outcome']
  reason: string | null
  code: string | null
  appointmentId: string | null
  name: string | null
  department: string | null
  contact: Contact
}

const NAME = 'desk-offline'
const DAYS = 'days'
const SCANS = 'scans'
const MARKS = 'marks'

let opened: Promise<IDBDatabase> | null = null

function done<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1)
    request.onupgradeneeded = () => {
      request.result.createObjectStore(DAYS, { keyPath: 'deskId' })
      request.result.createObjectStore(SCANS, { keyPath: 'scanId' })
      request.result.createObjectStore(MARKS)
    }
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  return opened
}

/** Does something to the stores, and comes back when it is on the disk: a power cut afterwards loses nothing. */
async function write<Result>(names: string[], deed: (of: (name: string) => IDBObjectStore) => Result): Promise<Result> {
  const transaction = (await open()).transaction(names, 'readwrite', { durability: 'strict' })
  const result = deed((name) => transaction.objectStore(name))
  await new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onerror = transaction.onabort = () => reject(transaction.error)
  })
  return result
}

async function read<Result>(name: string, ask: (store: IDBObjectStore) => IDBRequest<Result>): Promise<Result> {
  return done(ask((await open()).transaction(name).objectStore(name)))
}

export async function keepDay(day: KeptDay): Promise<void> {
  await write([DAYS], (of) => of(DAYS).put(day))
}

export async function keptDay(deskId: string): Promise<KeptDay | null> {
  return (await read<KeptDay | undefined>(DAYS, (store) => store.get(deskId))) ?? null
}

/** Who worked here last, at which desk, and when that was seen. */
export interface Worker {
  staff: Schemas['StaffView']
  deskId: string
  at: number
}

export async function keepWorker(worker: Worker): Promise<void> {
  await write([MARKS], (of) => of(MARKS).put(worker, 'worker'))
}

export async function keptWorker(): Promise<Worker | null> {
  return (await read<Worker | undefined>(MARKS, (store) => store.get('worker'))) ?? null
}

/** Forgets who worked here and every day: people's names are for who works here now. */
export async function forgetDays(): Promise<void> {
  await write([DAYS, MARKS], (of) => {
    of(DAYS).clear()
    of(MARKS).delete('worker')
  })
}

/** Keeps a scan under the next number of this device. */
export async function keepScan(scan: Omit<KeptScan, 'order'>): Promise<KeptScan> {
  let whole: KeptScan = { ...scan, order: 1 }
  await write([SCANS, MARKS], (of) => {
    const last = of(MARKS).get('order')
    last.onsuccess = () => {
      whole = { ...scan, order: ((last.result as number | undefined) ?? 0) + 1 }
      of(MARKS).put(whole.order, 'order')
      of(SCANS).put(whole)
    }
  })
  return whole
}

/** All scans without an answer, in order. */
export async function keptScans(): Promise<KeptScan[]> {
  const found = await read<KeptScan[]>(SCANS, (store) => store.getAll())
  return found.sort((one, other) => one.order - other.order)
}

export async function forgetScans(scanIds: string[]): Promise<void> {
  await write([SCANS], (of) => scanIds.forEach((id) => of(SCANS).delete(id)))
}

/** Gives the id of this device: made once, and kept. */
export async function deviceId(): Promise<string> {
  const known = await read<string | undefined>(MARKS, (store) => store.get('device'))
  if (known) return known
  const made = newId()
  await write([MARKS], (of) => of(MARKS).put(made, 'device'))
  return made
}
