/** What was typed for a caller: a look at another page or a refusal loses nothing. Ends with the tab and with who works here. */
import { reactive, watch } from 'vue'
import type { Schemas } from '@/api/client'
import type { PersonFile } from '@/parts/person/file'
import { noPerson, personForm, type PersonDraft } from '@/parts/person/form'
import { hasRole, me } from '@/session'

export const CHANNELS = ['phone', 'web', 'desk'] as const
export const TOLD = ['illness', 'history', 'expectations', 'needs'] as const
export type Channel = (typeof CHANNELS)[number]

export interface Draft extends PersonDraft {
  channel: Channel
  departmentId: string | null
  day: string
  slotId: string
  intake: Record<(typeof TOLD)[number], string>
  /** The booking that is being moved. */
  movingId: string | null
}

const untold = () => ({ illness: '', history: '', expectations: '', needs: '' })

function empty(): Draft {
  return {
    channel: hasRole('guide') ? 'desk' : 'phone',
    ...noPerson(),
    departmentId: null,
    day: '',
    slotId: '',
    intake: untold(),
    movingId: null,
  }
}

export const draft = reactive<Draft>(empty())
watch(() => me.value?.id, startAnew)

/** After a booking: what the doctor should know has been sent, the person stays. */
export function isBooked(file: PersonFile): void {
  Object.assign(draft, { slotId: '', movingId: null, intake: untold(), file: draft.file ?? file })
}

/** Empties all but how people ask, where and when: the next caller often wants the same clinic. */
export function nextCaller(): void {
  const { channel, departmentId, day } = draft
  Object.assign(draft, empty(), { channel, departmentId, day })
}

export function startAnew(): void {
  Object.assign(draft, empty())
}

/** Gives the form as the API wants it. */
export function formOf(of: Draft): Schemas['DeskBookingForm'] {
  const told = Object.values(of.intake).some((words) => words.trim()) ? { ...of.intake } : null
  return { ...personForm(of), slot_id: of.slotId, channel: of.channel, intake: told }
}
