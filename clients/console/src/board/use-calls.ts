/** What the board makes of its calls: which stands large, which is new, what is spoken. */
import { computed, onMounted, watch, type Ref } from 'vue'
import { wakeSound } from '@/parts/sound'
import { Announcer } from './announcer'
import { beingCalled, keyOf, largeCall, newCalls, otherCalls, Spoken, type Board } from './calls'
import type { Language } from './texts'
import { useVoice } from './voice'

/** Follows the calls of a board; `?sound=1` switches the sound on where the browser was told to allow it. */
export function useCalls(board: Ref<Board | null>, department: string, language: Language) {
  const voice = useVoice(language)
  const spoken = new Spoken(department)
  const holds = (key: string) => board.value !== null && beingCalled(board.value).some((call) => keyOf(call) === key)
  const announcer = new Announcer(voice.voice, holds)
  const large = computed(() => board.value && largeCall(board.value, announcer.speaking.value))
  const others = computed(() => (board.value ? otherCalls(board.value, large.value) : []))
  const isNew = computed(() => large.value !== null && keyOf(large.value) === announcer.speaking.value)

  watch(board, (found) => {
    if (!found) return
    spoken.begin(found.day)
    const calls = newCalls(found, spoken.keys)
    spoken.add(found.called)
    announcer.add(calls)
  })
  onMounted(() => {
    if (new URLSearchParams(location.search).get('sound') === '1') void wakeSound()
  })
  return { large, others, isNew, voice }
}
