/** Booking for somebody else: the places of a department, what the caller has, and the three acts. */
import { computed, onScopeDispose, ref, watch } from 'vue'
import { answer, api, Problem, type Schemas } from '@/api/client'
import { useFresh } from '@/api/fresh'
import { today } from '@/parts/moments'
import { wrongOf, type Wrong } from '@/parts/person/form'
import { deskBlock, freeOn } from '@/parts/slots/slots'
import { addDays } from '@/pages/schedules/words'
import { draft, formOf, isBooked } from './draft'

export type Booking = Schemas['DeskAppointmentView']
export const DAYS = 14
const EVERY_MS = 15_000

export function useBooking() {
  const slots = useFresh(async () => {
    if (!draft.departmentId) return []
    const query = { department: draft.departmentId, from: today(), to: addDays(today(), DAYS - 1) }
    return (await answer(api.GET('/api/v1/desk/slots', { params: { query } }))).items
  })
  const bookings = useFresh(async () => {
    if (!draft.file) return []
    return (await answer(api.GET('/api/v1/desk/appointments', { params: { query: { patient: draft.file.id } } }))).items
  })
  const slot = computed(() => {
    const found = slots.data.value?.find(({ id }) => id === draft.slotId)
    return found && !deskBlock(found) ? found : null
  })
  const moving = computed(() => bookings.data.value?.find(({ id }) => id === draft.movingId) ?? null)
  const told = ref<Booking | null>(null)
  const wasMoved = ref(false)
  const wrong = ref<Wrong>({})
  const problem = ref<Problem | null>(null)
  const isActing = ref(false)

  watch(
    () => draft.departmentId,
    async () => {
      draft.slotId = ''
      slots.data.value = null
      await slots.refresh()
      const found = slots.data.value ?? []
      const free = (day: string) => freeOn(found, day, deskBlock)
      const days = Array.from({ length: DAYS }, (_, ahead) => addDays(today(), ahead))
      if (!draft.day || !free(draft.day)) draft.day = days.find(free) ?? today()
    },
  )
  watch(
    () => draft.file?.id,
    (id) => {
      if (id !== told.value?.patient.id) told.value = null
      bookings.data.value = null
      draft.movingId = null
      void bookings.refresh()
    },
  )
  const refresh = () => Promise.all([slots.refresh(), bookings.refresh()])
  void refresh()
  const looking = setInterval(() => void slots.refresh(), EVERY_MS)
  onScopeDispose(() => clearInterval(looking))

  /** Does one thing and looks anew, also after a refusal: what was seen is no longer so. */
  async function act(call: () => Promise<Booking>): Promise<Booking | null> {
    if (isActing.value) return null
    isActing.value = true
    problem.value = null
    wrong.value = {}
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      wrong.value = wrongOf(error)
      if (Object.keys(wrong.value).length === 0) problem.value = error
      return null
    } finally {
      isActing.value = false
      void refresh()
    }
  }

  function on(booking: Booking) {
    return { params: { path: { appointment_id: booking.id } }, headers: { 'If-Match': `"${booking.version}"` } }
  }

  async function confirm(): Promise<void> {
    const old = moving.value
    const body = { slot_id: draft.slotId, channel: draft.channel }
    const made = await act(() =>
      old
        ? answer(api.POST('/api/v1/desk/appointments/{appointment_id}/rescheduling', { ...on(old), body }))
        : answer(api.POST('/api/v1/desk/appointments', { body: formOf(draft) })),
    )
    if (!made) return
    told.value = made
    wasMoved.value = old !== null
    isBooked({ ...made.patient, note: '' })
  }

  /** Gives whether it was given back. */
  async function cancel(booking: Booking, reason: string): Promise<boolean> {
    const body = { channel: draft.channel, reason }
    const path = '/api/v1/desk/appointments/{appointment_id}/cancellation'
    const gone = await act(() => answer(api.POST(path, { ...on(booking), body })))
    if (gone && told.value?.id === gone.id) told.value = null
    if (gone && draft.movingId === gone.id) draft.movingId = null
    return gone !== null
  }

  function move(booking: Booking): void {
    told.value = null
    problem.value = null
    draft.departmentId = booking.department.id
    draft.movingId = booking.id
    draft.slotId = ''
  }

  return { slots, bookings, slot, moving, told, wasMoved, wrong, problem, isActing, confirm, cancel, move, refresh }
}

export type BookingDesk = ReturnType<typeof useBooking>
