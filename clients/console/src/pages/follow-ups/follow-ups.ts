/** What goes on for one patient, as the server gives it, and the calls. */
import { answer, api, type Schemas } from '@/api/client'

export type FollowUps = Schemas['PatientFollowUpsView']
export type RunningPlan = FollowUps['plans'][number]
export type Stop = FollowUps['stops'][number]

export const KINDS = ['operation', 'discharge', 'inquiry'] as const
export type Kind = (typeof KINDS)[number]
export const STOPS = ['no_calls', 'refused', 'deceased'] as const
export type StopKind = (typeof STOPS)[number]

export function followUpsOf(patient_id: string): Promise<FollowUps> {
  return answer(api.GET('/api/v1/follow-ups-of/{patient_id}', { params: { path: { patient_id } } }))
}

export async function plansFrom(anchor: Kind): Promise<Schemas['CarePlanChoice'][]> {
  return (await answer(api.GET('/api/v1/care-plans/choices', { params: { query: { anchor } } }))).items
}

/** Gives how many plans began. */
export async function record(body: Schemas['AnchorForm']): Promise<number> {
  return (await answer(api.POST('/api/v1/follow-up-anchors', { body }))).count
}

export async function stop(patient_id: string, kind: StopKind, why: string): Promise<void> {
  await answer(api.POST('/api/v1/follow-up-stops', { body: { patient_id, kind, why } }))
}

export async function lift(stop_id: string, why: string): Promise<void> {
  await answer(api.POST('/api/v1/follow-up-stops/{stop_id}/lifting', { params: { path: { stop_id } }, body: { why } }))
}
