/** Sounds made by the browser itself. It allows them only after the person has touched the page once. */
import { ref } from 'vue'

let context: AudioContext | null = null

/** Whether the browser lets us sound; false until somebody has clicked or typed. */
export const canSound = ref(false)

/** Call it from a click or a key; harmless at any time. */
export async function wakeSound(): Promise<void> {
  context ??= new AudioContext()
  if (context.state === 'suspended' && navigator.userActivation?.hasBeenActive) await context.resume()
  canSound.value = context.state === 'running'
}

/**
 * Sounds notes one after the other.
 *
 * notes: [hertz, seconds] each.
 */
export function sound(notes: [number, number][], loudness = 0.25): void {
  if (!context || context.state !== 'running') return
  let at = context.currentTime
  for (const [hertz, seconds] of notes) {
    const tone = context.createOscillator()
    const volume = context.createGain()
    tone.frequency.value = hertz
    volume.gain.setValueAtTime(0, at)
    volume.gain.linearRampToValueAtTime(loudness, at + 0.02)
    volume.gain.exponentialRampToValueAtTime(0.001, at + seconds)
    tone.connect(volume).connect(context.destination)
    tone.start(at)
    tone.stop(at + seconds)
    at += seconds
  }
}

export const GOOD: [number, number][] = [[880, 0.12], [1318, 0.22]]
export const BAD: [number, number][] = [[300, 0.18], [220, 0.32]]
export const KNOWN: [number, number][] = [[660, 0.12], [660, 0.16]]
export const ALARM: [number, number][] = [[740, 0.2], [988, 0.2], [740, 0.2], [988, 0.3]]
