/** The sounds of the board: a two-tone chime and the device's own voice. */
import { computed, onScopeDispose, ref, watch, type Ref } from 'vue'
import { canSound, sound, wakeSound } from '@/parts/sound'
import type { Voice } from './announcer'
import type { Board } from './calls'

const CHIME: [number, number][] = [[659, 0.5], [523, 0.9]]
const CHIME_MS = 1_300
const LONGEST_SENTENCE_MS = 15_000 // some devices never say that they have finished
const MUTED = 'board-muted'

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

/** Gives the device's voice for a language: the very one, otherwise one of the same family. */
export function voiceFor<V extends { lang: string }>(voices: V[], language: string): V | undefined {
  const named = (voice: V) => voice.lang.toLowerCase().replace('_', '-')
  const wanted = language.toLowerCase()
  return voices.find((voice) => named(voice) === wanted) ?? voices.find((voice) => named(voice).startsWith(wanted.slice(0, 2)))
}

/** Gives the board's voice in the languages that its department decided for, and what the controls need of it. */
export function useVoice(board: Ref<Board | null>) {
  const muted = ref(localStorage.getItem(MUTED) === 'yes')
  const hasVoice = ref(false)
  const synthesis = 'speechSynthesis' in window ? window.speechSynthesis : null
  const languages = computed(() => board.value?.settings.spoken_languages ?? ['zh-CN'])
  const isWanted = computed(() => board.value?.settings.voice !== false)
  const voiceOf = (language: string) => voiceFor(synthesis?.getVoices() ?? [], language)
  const look = () => (hasVoice.value = languages.value.some((language) => voiceOf(language) !== undefined))

  look()
  synthesis?.addEventListener('voiceschanged', look) // the list comes late
  onScopeDispose(() => synthesis?.removeEventListener('voiceschanged', look))
  watch(languages, look)
  watch(muted, (value) => {
    localStorage.setItem(MUTED, value ? 'yes' : 'no')
    if (value) synthesis?.cancel()
  })

  async function chime(): Promise<void> {
    sound(CHIME)
    await pause(CHIME_MS)
  }

  /** Asks the browser for sound; call it from a tap. The chime says that it worked. */
  async function enable(): Promise<void> {
    muted.value = false
    await wakeSound()
    sound(CHIME)
  }

  function speak(text: string | undefined, language: string): Promise<void> {
    const voice = voiceOf(language)
    if (!synthesis || !voice || !text) return Promise.resolve()
    const utterance = new SpeechSynthesisUtterance(text)
    Object.assign(utterance, { voice, lang: voice.lang, rate: 0.9 })
    const spoken = new Promise<void>((resolve) => (utterance.onend = utterance.onerror = () => resolve()))
    synthesis.speak(utterance)
    return Promise.race([spoken, pause(LONGEST_SENTENCE_MS)])
  }

  const voice: Voice = {
    isOn: () => isWanted.value && canSound.value && !muted.value,
    chime,
    async say(speech) {
      for (const language of languages.value) await speak(speech[language] ?? speech['zh-CN'], language)
    },
    pause,
  }
  return { voice, muted, hasVoice, canSound, isWanted, enable }
}
