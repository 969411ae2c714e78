/** Speaks the calls one after the other, each twice after a chime. */
import { ref, type Ref } from 'vue'
import { keyOf, type Call } from './calls'

const BETWEEN_MS = 700
const SILENT_MS = 5_000 // without sound a call stands large for as long as it would be spoken

/** How the sounds are made; tests hand in their own. */
export interface Voice {
  /** Whether anything may sound now. */
  isOn(): boolean
  chime(): Promise<void>
  /** Says sentences, each in its language; ends at once when there is no voice. */
  say(speech: Record<string, string>): Promise<void>
  pause(milliseconds: number): Promise<void>
}

export class Announcer {
  /** The call that is being spoken. */
  readonly speaking: Ref<string | null> = ref(null)
  /** What a screen reader says of it: the sentence of the call, once for each. */
  readonly spoken: Ref<Record<string, string> | null> = ref(null)
  private readonly waiting: Call[] = []
  private isRunning = false

  /** holds: whether a call is still to be made; one that was taken back is not spoken. */
  constructor(
    private readonly voice: Voice,
    private readonly holds: (key: string) => boolean,
  ) {}

  /** Speaks these calls after those that wait. */
  add(calls: Call[]): void {
    this.waiting.push(...calls)
    if (!this.isRunning) void this.run()
  }

  /** Says what fills the screen, before all calls that wait. */
  async warn(speech: Record<string, string>): Promise<void> {
    if (!this.voice.isOn()) return
    await this.voice.chime()
    await this.voice.say(speech)
  }

  private async run(): Promise<void> {
    this.isRunning = true
    for (let call = this.waiting.shift(); call; call = this.waiting.shift()) {
      if (!this.holds(keyOf(call))) continue
      this.speaking.value = keyOf(call)
      this.spoken.value = call.speech
      await this.announce(call)
    }
    this.speaking.value = null
    this.isRunning = false
  }

  private async announce(call: Call): Promise<void> {
    if (!this.voice.isOn()) return this.voice.pause(SILENT_MS)
    await this.voice.chime()
    await this.voice.say(call.speech)
    await this.voice.pause(BETWEEN_MS)
    if (this.voice.isOn() && this.holds(keyOf(call))) await this.voice.say(call.speech)
    await this.voice.pause(BETWEEN_MS)
  }
}
