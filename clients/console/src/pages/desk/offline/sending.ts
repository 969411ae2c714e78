/** Batches of what was scanned without the network: in order, of one desk and one contact each. Pure. */
import type { Schemas } from '@/api/client'
import type { Contact, KeptScan } from './store'

export const MOST = 100

const iso = (at: number) => new Date(at).toISOString()
const isSame = (one: Contact, other: Contact) => one.device === other.device && one.server === other.server

export interface Batch {
  deskId: string
  contact: Contact
  scans: KeptScan[]
}

/** Cuts scans into batches: the server corrects all of one batch by the same contact. */
export function batches(scans: KeptScan[]): Batch[] {
  const made: Batch[] = []
  for (const scan of scans) {
    const last = made.at(-1)
    const fits = last?.deskId === scan.deskId && isSame(last.contact, scan.contact) && last.scans.length < MOST
    if (fits) last.scans.push(scan)
    else made.push({ deskId: scan.deskId, contact: scan.contact, scans: [scan] })
  }
  return made
}

/** Says a batch as the server takes it. sentAt: this device's time, in milliseconds. */
export function asForm(batch: Batch, deviceId: string, sentAt: number): Schemas['BatchForm'] {
  return {
    device_id: deviceId,
    contact: { device_at: iso(batch.contact.device), server_at: iso(batch.contact.server) },
    sent_at: iso(sentAt),
    scans: batch.scans.map((scan) => ({
      scan_id: scan.scanId,
      order: scan.order,
      scanned_at: iso(scan.at),
      outcome: scan.outcome,
      reason: scan.reason,
      code: scan.code,
      appointment_id: scan.code === null ? scan.appointmentId : null,
    })),
  }
}
