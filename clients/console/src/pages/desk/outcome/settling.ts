/** Asks the server to settle a refused scan, and gives what is to be shown of it: its answer, or why it says no. */
import { answer, api, Problem, type Schemas } from '@/api/client'
import { newId } from '@/api/once'
import { say } from '@/texts'
import { EXCUSABLE, ofProblem, ofScan, type Outcome } from './outcome'

/** Lets in whom the scan refused for the time. */
export function override(outcome: Outcome, reason: string): Promise<Outcome> {
  const path = { scan_id: outcome.scanId! }
  return told(outcome, () => answer(api.POST('/api/v1/desk/scans/{scan_id}/override', { params: { path }, body: { reason } })))
}

/** Checks in where they belong; reason: asked for when the time is wrong too. */
export async function move(outcome: Outcome, reason = ''): Promise<Outcome> {
  const path = { scan_id: outcome.scanId! }
  const body = { act: 'check_in' as const, reason }
  const given = await told(outcome, () => answer(api.POST('/api/v1/desk/scans/{scan_id}/forwarding', { params: { path }, body })))
  const needsReason = given.kind === 'refused' && EXCUSABLE.includes(given.reason ?? '')
  return needsReason ? { ...given, acts: [], isMove: true } : given
}

/** Keeps that they were told the way. */
export async function showWay(outcome: Outcome): Promise<Outcome> {
  const path = { scan_id: outcome.scanId! }
  const body = { act: 'show_way' as const, reason: '' }
  const given = await told(outcome, () => answer(api.POST('/api/v1/desk/scans/{scan_id}/forwarding', { params: { path }, body })))
  if (given.kind !== 'refused') return given
  const place = outcome.right?.location || outcome.right?.department || ''
  return { ...given, tone: 'known', acts: [], reason: 'shown_the_way', message: say('desk.wayShown', { place }), next: '' }
}

async function told(outcome: Outcome, ask: () => Promise<Schemas['ScanView']>): Promise<Outcome> {
  try {
    return { ...ofScan(newId(), Date.now(), await ask()), scanId: outcome.scanId }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { ...ofProblem(newId(), Date.now(), error, outcome), acts: error.isOpen ? outcome.acts : [] }
  }
}
