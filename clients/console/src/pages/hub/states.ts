/** How messages stand, for whoever keeps them going. */
import type { Schemas } from '@/api/client'
import type { Tone } from '@/parts/tones'

export type Message = Schemas['HubMessageView']
export type Story = Schemas['StoryView']
export type Delivery = Schemas['DeliveryView']
export type Channel = Schemas['ChannelView']

export const STATES = [
  'planned',
  'held',
  'ready',
  'leased',
  'sending',
  'accepted',
  'delivered',
  'undelivered',
  'retry_wait',
  'failed',
  'expired',
  'suppressed',
  'cancelled',
  'unknown',
] as const
export type State = (typeof STATES)[number]

export const EVENTS = [
  'appointment_booked',
  'appointment_cancelled',
  'visit_day_before',
  'visit_two_hours',
  'queue_joined',
  'queue_called',
  'visit_finished',
  'revisit_reminder',
  'survey_invitation',
  'complaint_progress',
  'complaint_filed',
  'complaint_assigned',
  'complaint_reopened',
  'complaint_escalated',
  'complaint_message',
] as const

export const CHANNELS = ['inbox', 'wechat_subscribe', 'wecom_robot'] as const

const TONES: Record<string, Tone> = {
  accepted: 'good',
  delivered: 'good',
  leased: 'known',
  sending: 'known',
  ready: 'known',
  planned: 'wait',
  held: 'wait',
  retry_wait: 'wait',
  unknown: 'wait',
  undelivered: 'bad',
  failed: 'bad',
  expired: 'bad',
}

export function toneOf(state: string): Tone {
  return TONES[state] ?? 'quiet'
}

/** A reason as the hub writes it, `refused:43101`, apart: what kind it is and the provider's own code. */
export function reasonOf(reason: string): { kind: string; code: string } {
  const at = reason.indexOf(':')
  return at < 0 ? { kind: reason, code: '' } : { kind: reason.slice(0, at), code: reason.slice(at + 1) }
}

export interface Step {
  at: string
  attempt?: Schemas['AttemptView']
  /** The how-manieth attempt of this delivery. */
  number?: number
  act?: Schemas['ActView']
}

/** What happened to one delivery, calls and acts together, in the order of time. */
export function stepsOf(story: Story, delivery: Delivery): Step[] {
  const attempts = story.attempts.filter((one) => one.delivery_id === delivery.id)
  const acts = story.acts.filter((one) => one.delivery_id === delivery.id)
  const steps: Step[] = [
    ...attempts.map((attempt, n) => ({ at: attempt.started_at, attempt, number: n + 1 })),
    ...acts.map((act) => ({ at: act.at, act })),
  ]
  return steps.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
}
