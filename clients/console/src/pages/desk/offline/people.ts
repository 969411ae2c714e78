/** Finding somebody of today without the network, and a day that is told in parts. Pure. */
import type { Schemas } from '@/api/client'
import type { Band, Person } from './judge'

const PARTS = 64
const MOST = 12

export function partOf(id: string): number {
  return Number.parseInt(id.slice(-2), 16) % PARTS
}

/** Puts what was told anew into what is known: whole parts are replaced. */
export function merged(known: { people: Person[]; bands: Band[] }, told: Schemas['DeskDayView']) {
  if (told.is_whole) return { people: told.people, bands: told.bands }
  const parts = new Set(told.parts)
  const bands = new Map([...known.bands, ...told.bands].map((band) => [band.slot_id, band]))
  return {
    people: [...known.people.filter((one) => !parts.has(partOf(one.id))), ...told.people],
    bands: [...bands.values()],
  }
}

/** Finds people by their initials, a character of their name, the last digits of the phone or the file number. */
export function find(people: Iterable<Person>, text: string): Person[] {
  const asked = text.trim().toLowerCase()
  if (!asked) return []
  const found: Person[] = []
  for (const one of people) {
    const isMeant =
      one.initials.toLowerCase().startsWith(asked) ||
      one.phone_tail === asked ||
      one.file_number.toLowerCase() === asked ||
      one.name === asked ||
      (asked.length === 1 && one.name.startsWith(asked)) ||
      looksLike(one.name, asked)
    if (isMeant) found.push(one)
  }
  return found.slice(0, MOST)
}

/** `张小三` is `张*三`: the list has masked names only. */
function looksLike(masked: string, asked: string): boolean {
  return (
    masked.length === asked.length &&
    asked.length > 1 &&
    [...masked].every((character, at) => character === '*' || character === asked[at])
  )
}

/** Shows somebody of the kept day as the list and the search do. */
export function asArrival(person: Person, band: Band | undefined, isHere: boolean): Schemas['ArrivalView'] {
  const state = isHere || person.state === 'here' ? 'checked_in' : person.state
  return {
    id: person.id,
    appointment_id: person.id,
    state,
    patient_id: '',
    name: person.name,
    phone_masked: person.phone_tail ? `*******${person.phone_tail}` : '',
    file_number: person.file_number,
    department_id: band?.department_id ?? '',
    department: band?.department ?? '',
    practitioner: band?.practitioner ?? null,
    number: person.number,
    starts_at: band?.starts_at ?? '',
    ends_at: band?.ends_at ?? null,
    channel: '',
    has_intake: false,
    ticket: null,
  }
}
