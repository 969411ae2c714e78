/** Which rooms are mine, and which one this browser stands in. */
import { answer, api, type Schemas } from '@/api/client'
import { me } from '@/session'

export type Room = Schemas['RoomView']

const NAME = 'room'
const PAGE = 100

/** Lists the rooms of my departments, in the order of their names. */
export async function myRooms(): Promise<Room[]> {
  const departments = me.value?.departments ?? null
  const lists = departments === null ? [roomsOf(undefined)] : departments.map((department) => roomsOf(department))
  const rooms = (await Promise.all(lists)).flat()
  return rooms.sort((a, b) => a.department.name.localeCompare(b.department.name, 'zh') || byName(a.name, b.name))
}

async function roomsOf(department: string | undefined): Promise<Room[]> {
  const rooms: Room[] = []
  let cursor: string | undefined
  do {
    const page = await answer(api.GET('/api/v1/rooms', { params: { query: { department, cursor, limit: PAGE } } }))
    rooms.push(...page.items)
    cursor = page.next ?? undefined
  } while (cursor)
  return rooms
}

function byName(a: string, b: string): number {
  return a.localeCompare(b, 'zh', { numeric: true }) // 2诊室 before 10诊室
}

export function rememberedRoom(): string | null {
  return localStorage.getItem(NAME)
}

export function rememberRoom(id: string): void {
  localStorage.setItem(NAME, id)
}

/** Tells which room to go to without asking: the remembered one, or the only one. */
export function roomToEnter(rooms: Room[], remembered: string | null): Room | null {
  return rooms.find((room) => room.id === remembered) ?? (rooms.length === 1 ? rooms[0]! : null)
}
