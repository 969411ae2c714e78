/** A day of a queue to move about in: the lines of its log, and what the screens showed at one of them. */
import { computed, ref, shallowRef } from 'vue'
import { answer, api, type Schemas } from '@/api/client'
import { Problem } from '@/api/problem'

export type Line = Schemas['ReplayEvent']
export type Shown = Schemas['ReplayView']
export type Brief = Schemas['VisitBrief']

const PAGE = 1000

export function useReplay() {
  const lines = shallowRef<Line[]>([])
  const shown = shallowRef<Shown | null>(null)
  const problem = ref<Problem | null>(null)
  const place = ref(-1) // of the line that is looked at; -1: before the first
  const isLooking = ref(false)
  let wanted = 0

  const line = computed(() => lines.value[place.value] ?? null)

  async function guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work()
      problem.value = null
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      problem.value = error
    }
  }

  /** Reads a day's lines and looks at the one that stood at a moment; without one at the last. */
  async function open(department: string, day: string, offset: string, moment?: string): Promise<void> {
    await guarded(async () => {
      const found: Line[] = []
      let after = 0
      do {
        const query = { from: `${day}T00:00:00${offset}`, to: `${day}T23:59:59${offset}`, after, limit: PAGE }
        const path = { department_id: department }
        const page = await answer(api.GET('/api/v1/queues/{department_id}/replay/events', { params: { path, query } }))
        found.push(...page.items)
        after = page.next ?? 0
      } while (after)
      lines.value = found
    })
    await seek(department, moment ?? lines.value.at(-1)?.at ?? `${day}T08:00:00${offset}`)
  }

  /** Looks at a moment. */
  async function seek(department: string, moment: string): Promise<void> {
    const at = Date.parse(moment)
    place.value = lines.value.findLastIndex((one) => Date.parse(one.at) <= at)
    await look(department, moment)
  }

  /** Looks at a line; one millisecond later, because its own is cut off. */
  async function step(department: string, to: number): Promise<void> {
    const target = lines.value[Math.min(Math.max(to, 0), lines.value.length - 1)]
    if (!target) return
    place.value = lines.value.indexOf(target)
    await look(department, new Date(Date.parse(target.at) + 1).toISOString())
  }

  async function look(department: string, at: string): Promise<void> {
    const mine = ++wanted
    isLooking.value = true
    await guarded(async () => {
      const params = { path: { department_id: department }, query: { at } }
      const found = await answer(api.GET('/api/v1/queues/{department_id}/replay', { params }))
      if (mine === wanted) shown.value = found
    })
    if (mine === wanted) isLooking.value = false
  }

  return { lines, line, place, shown, problem, isLooking, open, seek, step }
}
