/** What still uses a department, a practitioner or a room. Pure. */
import type { Kind, Use } from './records'

export interface Count {
  /** Of `catalogue.use`. */
  key: 'bookings' | 'sessions_by_hand' | 'schedules' | 'departments' | 'tickets' | 'gone' | 'rest'
  n: number
}

/** What stands against putting it out of use: rooms have no weekly clinics that could rest. */
export function blocksOf(use: Use, kind: Kind): Count[] {
  const counts: Count[] = [
    { key: 'bookings', n: use.bookings },
    { key: 'tickets', n: use.tickets },
    { key: 'sessions_by_hand', n: use.sessions_by_hand },
    { key: 'departments', n: use.departments },
    { key: 'schedules', n: kind === 'rooms' ? use.schedules : 0 },
  ]
  return counts.filter((count) => count.n > 0)
}

/** What happens with it when it goes out of use. */
export function followsOf(use: Use): Count[] {
  const counts: Count[] = [
    { key: 'gone', n: use.sessions_free },
    { key: 'rest', n: use.schedules },
  ]
  return counts.filter((count) => count.n > 0)
}
