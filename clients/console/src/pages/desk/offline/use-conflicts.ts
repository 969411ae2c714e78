/** Offline check-ins that wait for a decision, kept fresh. */
import { onScopeDispose } from 'vue'
import { answer, api, type Schemas } from '@/api/client'
import { useFresh } from '@/api/fresh'
import { token } from '@/session/token'

const FRESH_MS = 60_000

export type Conflict = Schemas['DeskConflictView']

export function useConflicts() {
  const list = useFresh<Conflict[]>(async () => {
    if (!token.value) return []
    return (await answer(api.GET('/api/v1/desk/conflicts', { params: { query: { limit: 100 } } }))).items
  })

  /** Throws: Problem. */
  async function decide(conflict: Conflict, act: 'check_in' | 'dismiss', reason: string): Promise<void> {
    const path = { conflict_id: conflict.id }
    await answer(api.POST('/api/v1/desk/conflicts/{conflict_id}/resolution', { params: { path }, body: { act, reason } }))
    await list.refresh()
  }

  const timer = setInterval(() => void list.refresh(), FRESH_MS)
  onScopeDispose(() => clearInterval(timer))
  void list.refresh()
  return { list: list.data, problem: list.problem, refresh: list.refresh, decide }
}

export type Conflicts = ReturnType<typeof useConflicts>
