/** The doors of the house: what is behind each, and who may open it. Pure. */
import type { components } from '@api/schema'
import type { TextKey } from './texts'

export type Demonstration = components['schemas']['DemonstrationView']
export type Login = components['schemas']['LoginView']

export interface Door {
  name: TextKey
  text: TextKey
  /** Where it leads for whoever brings an account of their own. */
  href: string
  /** The page of the console behind it. */
  page?: string
  /** Whose accounts open it. */
  roles?: string[]
}

export const DOORS: Door[] = [
  { name: 'phone', text: 'phoneText', href: '/m/' },
  { name: 'desk', text: 'deskText', ...behind('/desk'), roles: ['guide'] },
  { name: 'room', text: 'roomText', ...behind('/room'), roles: ['room'] },
  { name: 'board', text: 'boardText', href: '/console/boards' },
  {
    name: 'complaints',
    text: 'complaintsText',
    ...behind('/complaints'),
    roles: ['complaint_handler', 'department_head', 'committee'],
  },
  {
    name: 'offices',
    text: 'officesText',
    ...behind('/'),
    roles: ['customer_service', 'supervisor', 'operations', 'admin'],
  },
  { name: 'hub', text: 'hubText', ...behind('/hub'), roles: ['supervisor', 'admin'] },
  { name: 'simulator', text: 'simulatorText', href: '' },
  { name: 'docs', text: 'docsText', href: '/docs' },
]

function behind(page: string): { href: string; page: string } {
  return { href: signInLink(page), page }
}

/** Gives the address that signs in, with the user name filled in, and goes on to a page of the console. */
export function signInLink(page: string, username = ''): string {
  const query = new URLSearchParams(username ? { user: username, next: page } : { next: page })
  return `/console/sign-in?${query}`
}

/** Gives the demonstration's logins for a door, in the order in which they were made. */
export function loginsOf(door: Door, demonstration: Demonstration): Login[] {
  return demonstration.staff.filter((login) => login.roles.some((role) => door.roles?.includes(role)))
}

/** Who and where the walk goes: a department that works now, for there is no other booking to check in at once. */
export interface Walk {
  department: string
  boardHref: string
  guide: Login
  room: Login
  handler: Login
}

const NEVER_CLOSED = '急诊'

/** Chooses the stations of the walk; null when the demonstration lacks one of them. */
export function walkOf(demonstration: Demonstration): Walk | null {
  const byRole = (role: string) => demonstration.staff.filter((login) => login.roles.includes(role))
  const rooms = byRole('room')
  const room = rooms.find((login) => login.departments.some((name) => name.startsWith(NEVER_CLOSED))) ?? rooms[0]
  const board = demonstration.boards.find((each) => room?.departments.includes(each.name))
  const [guide] = byRole('guide')
  const [handler] = byRole('complaint_handler')
  if (!room || !board || !guide || !handler) return null
  return { department: board.name, boardHref: `/board/${board.department_id}`, guide, room, handler }
}

/** Tells whether an address is this computer's alone, so that no phone can open it. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}
