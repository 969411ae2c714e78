/** The sounds of the board: a two-tone chime and the device's own voice. */
import { onScopeDispose, ref, watch } from 'vue'
import { canSound, sound, wakeSound } from '@/parts/sound'
import type { Voice } from './announcer'
import { sentence } from './speech'
import type { Language } from './texts'

const CHIME: [number, number][] = [[659, 0.5], [523, 0.9]]
const CHIME_MS = 1_300
const LONGEST_SENTENCE_MS = 15_000 // some devices never say that they have finished
const MUTED = 'board-muted'

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

/** Gives the board's voice in a language, and what the controls need of it. */
export function useVoice(language: Language) {
  const muted = ref(localStorage.getItem(MUTED) === 'yes')
  const hasVoice = ref(false)
  const synthesis = 'speechSynthesis' in window ? window.speechSynthesis : null
  const found = () => synthesis?.getVoices().find((voice) => voice.lang.toLowerCase().startsWith(language.slice(0, 2)))
  const look = () => (hasVoice.value = found() !== undefined)

  look()
  synthesis?.addEventListener('voiceschanged', look) // the list comes late
  onScopeDispose(() => synthesis?.removeEventListener('voiceschanged', look))
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

  function speak(text: string): Promise<void> {
    const voice = found()
    if (!synthesis || !voice) return Promise.resolve()
    const utterance = new SpeechSynthesisUtterance(text)
    Object.assign(utterance, { voice, lang: voice.lang, rate: 0.9 })
    const spoken = new Promise<void>((resolve) => (utterance.onend = utterance.onerror = () => resolve()))
    synthesis.speak(utterance)
    return Promise.race([spoken, pause(LONGEST_SENTENCE_MS)])
  }

  const voice: Voice = {
    isOn: () => canSound.value && !muted.value,
    chime,
    say: (call) => speak(sentence(call, language)),
    pause,
  }
  return { voice, muted, hasVoice, canSound, enable }
}
