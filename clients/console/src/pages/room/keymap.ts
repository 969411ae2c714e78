/** Which key does what in which state of the room. */

export const KEYS = {
  call: 'F8',
  know: 'F1',
  forward: 'Shift+F2',
  pause: 'Shift+F8',
  start: 'F2',
  recall: 'F4',
  'pass-over': 'F7',
  hold: 'F6',
  undo: 'Ctrl+Z',
  finish: 'F9',
  leaving: 'Delete',
  stage: 'F10',
  transfer: 'F3',
} as const

export type Deed = keyof typeof KEYS

const CALLED: Deed[] = ['start', 'recall', 'pass-over', 'hold', 'transfer', 'leaving']
const IN_SERVICE: Deed[] = ['finish', 'stage', 'transfer', 'leaving']

interface Room {
  /** Of who is here; null for nobody. */
  state: string | null
  mayCall: boolean
  mayUndo: boolean
  /** Somebody comes next of whom the room did not say that it knows. */
  mayKnow: boolean
  mayAskForward: boolean
}

export function isKey(name: string): boolean {
  return name === 'Space' || Object.values<string>(KEYS).includes(name)
}

/** Gives the deed of a key; null where it does nothing now. */
export function deedOf(name: string, room: Room): Deed | null {
  const wanted = name === 'Space' ? 'call' : (Object.keys(KEYS) as Deed[]).find((deed) => KEYS[deed] === name)
  if (wanted === 'pause') return wanted
  if (wanted === 'call') return room.state === null && room.mayCall ? wanted : null
  if (wanted === 'undo') return room.mayUndo ? wanted : null
  if (wanted === 'know') return room.mayKnow ? wanted : null
  if (wanted === 'forward') return room.mayAskForward ? wanted : null
  const allowed = room.state === 'called' ? CALLED : room.state === 'in_service' ? IN_SERVICE : []
  return wanted && allowed.includes(wanted) ? wanted : null
}

