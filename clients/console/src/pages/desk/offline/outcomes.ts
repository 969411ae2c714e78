/** What the big panel says of a scan without the network, and of what became of it later. Pure. */
import type { Schemas } from '@/api/client'
import { clockTime } from '@/parts/moments'
import { NOTHING, ofScan, type Outcome, type Tone } from '../outcome/outcome'
import type { Verdict } from './judge'

type Words = (key: string, values?: Record<string, unknown>) => string

const TONES: Record<Verdict['outcome'], Tone> = {
  accepted: 'good',
  already_checked_in: 'known',
  refused: 'wait',
  unsure: 'wait',
}
const BAD = ['unknown_code', 'forged', 'cancelled', 'session_stopped']

/** canCheck: whether this browser could look at the signature of a code. */
export function ofVerdict(key: string, at: number, verdict: Verdict, say: Words, canCheck: boolean): Outcome {
  const { person, band, reason, outcome } = verdict
  const words = {
    name: person?.name ?? '',
    department: band?.department ?? '',
    practitioner: band?.practitioner ?? '',
    opens: band ? clockTime(band.opens_at) : '',
    closes: band ? clockTime(band.closes_at) : '',
    place: band?.place ?? '',
  }
  const name = outcome === 'refused' ? (reason ?? 'unknown_code') : outcome
  const isBad = outcome === 'refused' && BAD.includes(reason ?? '')
  const unchecked = outcome === 'accepted' && !canCheck ? say('offline.unchecked') : ''
  return {
    ...NOTHING,
    key,
    at,
    tone: isBad ? 'bad' : TONES[outcome],
    kind: outcome === 'accepted' ? 'accepted' : outcome === 'already_checked_in' ? 'already' : 'refused',
    reason: outcome === 'unsure' ? 'unsure' : reason,
    number: person?.ticket ?? null,
    name: person?.name ?? null,
    department: band?.department ?? null,
    place: band?.place ?? null,
    message: say(`offline.said.${name}`, words),
    next: say(`offline.next.${name}`, words) + unchecked,
    appointmentId: person?.id ?? null,
    isOffline: true,
  }
}

/** What became of an offline scan, for the list of the latest. */
export function ofMerged(at: number, merged: Schemas['MergedScan']): Outcome {
  return ofScan(merged.scan_id, at, { ...merged, first: null, right: null, acts: [] })
}
