/** Today's list and its counts, live. */
import { computed, onScopeDispose, ref, watch } from 'vue'
import { answer, api, type Schemas } from '@/api/client'
import { useFresh } from '@/api/fresh'
import { useStream } from '@/api/live'

export type Arrival = Schemas['ArrivalView']
export const STATES = [
  'expected',
  'waiting',
  'missed',
  'in_service',
  'completed',
  'no_show',
  'left',
  'cancelled',
] as const
export type State = (typeof STATES)[number]

const PAGE = 50
const CALM_MS = 400 // a burst of changes is one look
const WITHOUT_STREAM_MS = 15_000
const DOUBT_MS = 2_500
const FILTER = 'desk-filter'

interface Filter {
  department: string | null
  state: State | null
}

function keptFilter(): Filter {
  try {
    return { department: null, state: 'expected', ...JSON.parse(sessionStorage.getItem(FILTER) ?? '{}') }
  } catch {
    return { department: null, state: 'expected' }
  }
}

export function useDay() {
  const filter = ref<Filter>(keptFilter())
  const pages = ref(1)
  const seenAt = ref<number | null>(null)
  const asked = computed(() => ({
    ...(filter.value.department ? { department: filter.value.department } : {}),
  }))

  async function look() {
    const state = filter.value.state ? { state: filter.value.state } : {}
    const items: Arrival[] = []
    let cursor: string | null = null
    for (let page = 0; page < pages.value && (page === 0 || cursor); page++) {
      const query: Record<string, unknown> = { ...asked.value, ...state, limit: PAGE, ...(cursor ? { cursor } : {}) }
      const found: Schemas['ArrivalList'] = await answer(api.GET('/api/v1/desk/arrivals', { params: { query } }))
      items.push(...found.items)
      cursor = found.next
    }
    const counts = await answer(api.GET('/api/v1/desk/counts', { params: { query: asked.value } }))
    seenAt.value = Date.now()
    return { items, counts, hasMore: cursor !== null }
  }

  const day = useFresh(look)
  let calm: ReturnType<typeof setTimeout> | undefined

  function changed(): void {
    clearTimeout(calm)
    calm = setTimeout(() => void day.refresh(), CALM_MS)
  }

  const isLive = useStream('/api/v1/desk/events', { hear: changed, restart: changed })
  const poll = setInterval(() => !isLive.value && void day.refresh(), WITHOUT_STREAM_MS)
  /** Not live for so long that it should be said; a stream that is only opening is no news. */
  const isStale = ref(false)
  let doubt: ReturnType<typeof setTimeout> | undefined
  watch(
    () => isLive.value && !day.problem.value?.isOpen,
    (isWell) => {
      clearTimeout(doubt)
      if (isWell) isStale.value = false
      else doubt = setTimeout(() => (isStale.value = true), DOUBT_MS)
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    clearTimeout(doubt)
    clearTimeout(calm)
    clearInterval(poll)
  })

  watch(
    filter,
    (chosen) => {
      sessionStorage.setItem(FILTER, JSON.stringify(chosen))
      pages.value = 1
      void day.refresh()
    },
    { deep: true },
  )

  function more(): void {
    pages.value++
    void day.refresh()
  }

  void day.refresh()
  return { filter, day, isStale, seenAt, more }
}

export type Day = ReturnType<typeof useDay>
