/** What the form is asked to book, as the address of its page says. Pure. */

export interface Asked {
  department: string
  day: string
  slot: string
  /** The appointment that is moved to another time. */
  move: string
  /** The finished visit after which somebody comes again, and whose. */
  revisit: string
  patient: string
  /** A time and a type of visit with whoever is there. */
  at: string
  type: string
}

export type Mode = 'book' | 'move' | 'revisit' | 'any'

export const NOTHING: Asked = { department: '', day: '', slot: '', move: '', revisit: '', patient: '', at: '', type: '' }

export function modeOf({ move, revisit, at }: Asked): Mode {
  if (move) return 'move'
  if (revisit) return 'revisit'
  return at ? 'any' : 'book'
}

interface Place {
  id: string
  starts_at: string
  visit_type: string
  status: string
}

/** The place that is meant; for any doctor's, one that is free at that time. */
export function placeMeant<P extends Place>(asked: Asked, places: P[]): P | null {
  if (modeOf(asked) !== 'any') return places.find(({ id }) => id === asked.slot) ?? null
  const there = places.filter(({ starts_at, visit_type }) => starts_at === asked.at && visit_type === asked.type)
  return there.find(({ status }) => status === 'open') ?? there[0] ?? null
}
