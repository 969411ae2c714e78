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
  'strike_given',
  'strike_forgiven',
  'appeal_refused',
  'visit_day_before',
  'visit_two_hours',
  'visit_place_changed',
  'waitlist_joined',
  'place_offered',
  'offer_expired',
  'waitlist_closed',
  'queue_joined',
  'queue_called',
  'visit_finished',
  'follow_up',
  'revisit_reminder',
  'survey_invitation',
  'survey_reminder',
  'complaint_progress',
  'complaint_filed',
  'complaint_assigned',
  'complaint_reopened',
  'complaint_escalated',
  'complaint_message',
  'queue_ready',
  'queue_sent_back',
  'queue_missed',
  'queue_near',
  'doctor_late',
  'doctor_started',
  'visit_reopened',
  'visit_stopped',
  'visit_stop_settled',
  'draw_result',
  'digest',
  'holidays_unknown',
  'answer_due',
  'offline_conflict',
  'schedule_conflicts',
  'waits_misjudged',
  'triage_unconfirmed',
  'desk_report',
  'follow_up_alarm',
  'webhook_failing',
  'provider_down',
  'provider_trouble',
  'complaint_warning',
  'complaint_harm',
  'complaint_again',
  'complaint_unanswered',
  'pages_pooled',
  'pages_too_many',
  'duty_uncovered',
  'unsealing_asked',
  'unsealing_decided',
  'signal_raised',
  'anonymous_harm',
  'signals_gathered',
  'improvement_proposed',
  'improvement_assigned',
  'improvement_due',
  'improvement_judged',
] as const

export const CHANNELS = [
  'inbox',
  'wechat_subscribe',
  'wechat_official',
  'sms_aliyun',
  'sms_tencent',
  'email',
  'live',
  'wecom_app',
  'wecom_robot',
  'apprise_staff',
  'call_task',
  'webhook',
] as const

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

export interface Step {
  at: string
  attempt?: Schemas['AttemptView']
  /** The how-manieth attempt of this delivery. */
  number?: number
  act?: Schemas['ActView']
  receipt?: Schemas['HubDeliveryReceiptView']
}

/** What happened to one delivery, calls, acts and receipts together, in the order of time. */
export function stepsOf(story: Story, delivery: Delivery): Step[] {
  const attempts = story.attempts.filter((one) => one.delivery_id === delivery.id)
  const acts = story.acts.filter((one) => one.delivery_id === delivery.id)
  const receipts = story.receipts.filter((one) => one.delivery_id === delivery.id)
  const steps: Step[] = [
    ...attempts.map((attempt, n) => ({ at: attempt.started_at, attempt, number: n + 1 })),
    ...acts.map((act) => ({ at: act.at, act })),
    ...receipts.map((receipt) => ({ at: receipt.received_at, receipt })),
  ]
  return steps.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
}
