/** Which items are asked after the answers so far; the server follows the same rules. */
import type { Schemas } from '@/api/client'

export type Item = Schemas['ItemView']
export type Answer = string | number | boolean | string[]
export const NA = 'na'
const FREQUENCY: Record<string, number> = { always: 4, usually: 3, sometimes: 2, never: 1 }

function figureOf(item: Item, answer: Answer): number | null {
  if (answer === NA || !item.scale) return null
  return typeof answer === 'string' ? (FREQUENCY[answer] ?? null) : Number(answer)
}

export function asked(items: Item[], answers: Record<string, Answer>): Item[] {
  const seen = new Map<string, Item>()
  for (const item of items) {
    const holds = (item.shown_if ?? []).every(({ item: earlier, how, value }) => {
      const [before, answer] = [seen.get(earlier), answers[earlier]]
      if (before === undefined || answer === undefined) return false
      if (how === 'is') return answer === value
      if (how === 'is_not') return answer !== value
      const figure = figureOf(before, answer)
      return figure !== null && (how === 'at_most' ? figure <= Number(value) : figure >= Number(value))
    })
    if (holds) seen.set(item.id, item)
  }
  return [...seen.values()]
}
