/** The hub's messages, the newest first: live, but still while somebody reads. */
import { computed, reactive, ref, shallowRef, watch } from 'vue'
import { answer, api } from '@/api/client'
import { useFresh } from '@/api/fresh'
import { usePages } from '@/parts/pages'
import { fold } from './folding'
import type { Message, State } from './states'

export const LOOK = 100

/** isReading: whether the list must not move now. */
export function useMessages(isReading: () => boolean) {
  const filter = reactive({ state: '' as State | '', event: '', channel: '', recipient: '' })
  const shown = shallowRef<Message[]>([])
  const news = ref(0)

  async function ask(cursor: string | undefined, limit: number) {
    const query = {
      state: filter.state || undefined,
      event: filter.event || undefined,
      channel: filter.channel || undefined,
      recipient: filter.recipient || undefined,
      cursor,
      limit,
    }
    return answer(api.GET('/api/v1/hub/messages', { params: { query } }))
  }

  const pages = usePages(ask)
  watch(pages.data, (data) => {
    shown.value = data?.items ?? []
    news.value = 0
  })
  watch(filter, () => void pages.restart())
  void pages.refresh()

  const peek = useFresh(async () => {
    const folded = fold(shown.value, (await ask(undefined, LOOK)).items)
    shown.value = folded.items
    news.value = folded.news
  })

  async function hear(): Promise<void> {
    await (isReading() && shown.value.length > 0 ? peek.refresh() : pages.refresh())
  }

  const next = computed(() => pages.data.value?.next ?? null)
  const problem = computed(() => pages.problem.value ?? peek.problem.value)
  return { filter, shown, news, next, problem, isLoading: pages.isLoading, pages, hear }
}

export type Messages = ReturnType<typeof useMessages>
