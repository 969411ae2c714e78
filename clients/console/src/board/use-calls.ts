/** What the board makes of its calls: which stands large, which is new, what is spoken. */
import { computed, onMounted, onScopeDispose, watch, type Ref } from 'vue'
import { wakeSound } from '@/parts/sound'
import { Announcer } from './announcer'
import { holds, keyOf, largeCall, newCalls, otherCalls, pastCalls, Spoken, type Board } from './calls'
import { useVoice } from './voice'

const WARNED_EVERY_MS = 30_000 // a broadcast is said again until it is ended

/** Follows the calls of a board; `?sound=1` switches the sound on where the browser was told to allow it. */
export function useCalls(board: Ref<Board | null>, department: string) {
  const voice = useVoice(board)
  const spoken = new Spoken(department)
  const stands = (key: string) => board.value !== null && holds(board.value, key)
  const announcer = new Announcer(voice.voice, stands)
  const large = computed(() => board.value && largeCall(board.value, announcer.speaking.value))
  const others = computed(() => (board.value ? otherCalls(board.value, large.value) : []))
  const past = computed(() => (board.value ? pastCalls(board.value) : []))
  const isNew = computed(() => large.value !== null && keyOf(large.value) === announcer.speaking.value)
  let isFirst = true

  watch(board, (found) => {
    if (!found) return
    spoken.begin(found.day)
    const calls = newCalls(found, spoken.keys, isFirst)
    isFirst = false
    spoken.add([...found.called, ...found.ready])
    announcer.add(calls)
  })

  let again: ReturnType<typeof setInterval> | undefined
  const warn = () => void (board.value?.broadcast && announcer.warn(board.value.broadcast.texts))
  watch(() => board.value?.broadcast?.at, (at) => {
    clearInterval(again)
    if (!at) return
    warn()
    again = setInterval(warn, WARNED_EVERY_MS)
  })
  onScopeDispose(() => clearInterval(again))
  onMounted(() => {
    if (new URLSearchParams(location.search).get('sound') === '1') void wakeSound()
  })
  return { large, others, past, isNew, voice, heard: announcer.spoken }
}
