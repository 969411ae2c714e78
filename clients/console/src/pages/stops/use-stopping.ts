/** What is about to be stopped or moved: chosen, looked at, done exactly as it was seen. */
import { computed, reactive, ref, watch } from 'vue'
import { answer, api, Problem, type Schemas } from '@/api/client'
import { useFresh } from '@/api/fresh'
import { today } from '@/parts/moments'
import type { Detail, Kind, Plan, Policy, Session } from './stops'

export interface Draft {
  kind: Kind
  department: string | null
  from: string
  to: string
  chosen: string[]
  bands: string[]
  policy: Policy
  reason: string
  day: string
  time: string
  practitioner: string
  room: string
}

export function useStopping(sessionId: string) {
  const draft = reactive<Draft>({
    kind: 'stop',
    department: null,
    from: today(),
    to: today(),
    chosen: sessionId ? [sessionId] : [],
    bands: [],
    policy: 'move',
    reason: '',
    day: '',
    time: '',
    practitioner: '',
    room: '',
  })
  const plan = ref<Plan | null>(null)
  const refusal = ref<Problem | null>(null)
  const isActing = ref(false)

  const sessions = useFresh(async () => {
    const one = sessionId && !draft.department
    if (!one && !draft.department) return []
    const query = one ? { session: sessionId } : { department: draft.department!, from: draft.from, to: draft.to }
    const { items } = await answer(api.GET('/api/v1/admin/stops/sessions', { params: { query } }))
    return items.filter(({ status }) => status !== 'stopped')
  })
  watch(() => [draft.department, draft.from, draft.to], () => {
    if (draft.department) draft.chosen = []
    if (draft.to < draft.from) draft.to = draft.from
    void sessions.refresh()
  }, { immediate: true })

  const chosen = computed<Session[]>(() => (sessions.data.value ?? []).filter(({ id }) => draft.chosen.includes(id)))
  const single = computed(() => (chosen.value.length === 1 ? chosen.value[0]! : null))
  watch(single, (one) => {
    draft.bands = []
    draft.day = one?.day ?? ''
    draft.time = one?.starts_at.slice(11, 16) ?? ''
    draft.practitioner = draft.room = ''
  })

  const around = useFresh(async (): Promise<{ people: Schemas['PractitionerView'][]; rooms: { id: string; name: string }[] }> => {
    const department = single.value?.department_id
    if (!department || draft.kind === 'stop') return { people: [], rooms: [] }
    const people = await answer(api.GET('/api/v1/practitioners', { params: { query: { department, limit: 100 } } }))
    const rooms = await answer(api.GET('/api/v1/admin/stops/rooms', { params: { query: { department } } }))
    return { people: people.items, rooms: rooms.items }
  })
  watch([single, () => draft.kind], () => void around.refresh())

  function asked() {
    const one = single.value
    const bands = one && draft.kind === 'stop' && draft.bands.length > 0 && draft.bands.length < one.bands.length ? draft.bands : undefined
    const offset = one?.starts_at.slice(19) ?? ''
    const to = {
      starts_at: draft.kind === 'move' && draft.day && draft.time ? `${draft.day}T${draft.time}:00${offset}` : undefined,
      practitioner_id: draft.kind === 'move' && draft.practitioner ? draft.practitioner : undefined,
      room_id: draft.room || undefined,
    }
    return {
      kind: draft.kind,
      policy: draft.policy,
      sessions: draft.chosen.map((id) => ({ session_id: id, slot_ids: bands })),
      to: draft.kind === 'stop' ? undefined : to,
    }
  }

  async function act<Result>(send: () => Promise<Result>): Promise<Result | null> {
    isActing.value = true
    refusal.value = null
    try {
      return await send()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      refusal.value = error
      if (error.code === 'plan_changed') plan.value = null
      return null
    } finally {
      isActing.value = false
    }
  }

  async function preview(): Promise<void> {
    plan.value = await act(() => answer(api.POST('/api/v1/admin/stops/preview', { body: asked() })))
  }

  function carryOut(): Promise<Detail | null> {
    const body = { ...asked(), reason: draft.reason.trim(), digest: plan.value!.digest }
    return act(() => answer(api.POST('/api/v1/admin/stops', { body })))
  }

  /** What is still missing before it can be looked at. */
  const isReady = computed(() => {
    if (!draft.reason.trim() || draft.chosen.length === 0) return false
    if (draft.kind === 'stop') return true
    return single.value !== null && (draft.kind === 'move' ? Boolean(draft.day && draft.time) : Boolean(draft.room))
  })

  return { draft, sessions, single, around, plan, refusal, isActing, isReady, preview, carryOut }
}

export type Stopping = ReturnType<typeof useStopping>
