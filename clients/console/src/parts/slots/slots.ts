/** The places of a department as staff who book see them: what can be had, by day, time and practitioner. Pure. */
import type { Schemas } from '@/api/client'

export type Slot = Schemas['SlotView']
/** Why a place cannot be had: a key of `reception.block`. */
export type Block = 'stopped' | 'closed' | 'revisit' | 'drawing' | 'not_yet' | 'full'
export type BlockOf = (slot: Slot) => Block | null

/** What keeps the desk from a place: those of return visits are their doctor's, public ones wait for their release. */
export function deskBlock(slot: Slot): Block | null {
  const over = extraBlock(slot)
  if (over) return over
  if (slot.pool === 'revisit') return 'revisit'
  if (slot.status === 'not_yet' && slot.pool === 'app') return slot.draw ? 'drawing' : 'not_yet'
  return slot.available > 0 ? null : 'full'
}

/** What keeps a practitioner from going beyond the plan: only that there is no clinic, or no more. */
export function extraBlock(slot: Slot): Block | null {
  return slot.status === 'stopped' || slot.status === 'closed' ? slot.status : null
}

export interface Column {
  id: string
  name: string
  visitType: string
}

export interface Line {
  starts_at: string
  ends_at: string
  /** The places of this time, a list for each column. */
  cells: Slot[][]
}

/** Puts the slots of a day into a table: a line for each time, a column for each practitioner. What is over is left out. */
export function tableOf(slots: readonly Slot[]): { columns: Column[]; lines: Line[] } {
  const columns = new Map<string, Column>()
  const lines = new Map<string, Line>()
  const still = slots.filter(({ status }) => status !== 'closed')
  for (const slot of still) {
    const { practitioner_id: id, practitioner_name: name, visit_type: visitType } = slot
    if (!columns.has(id)) columns.set(id, { id, name, visitType })
  }
  const ids = [...columns.keys()]
  for (const slot of still) {
    const key = `${slot.starts_at} ${slot.ends_at}`
    const line = lines.get(key) ?? { starts_at: slot.starts_at, ends_at: slot.ends_at, cells: ids.map(() => []) }
    line.cells[ids.indexOf(slot.practitioner_id)]!.push(slot)
    lines.set(key, line)
  }
  const inOrder = [...lines].sort(([one], [other]) => one.localeCompare(other)).map(([, line]) => line)
  return { columns: [...columns.values()], lines: inOrder }
}

export function onDay(slots: readonly Slot[], day: string): Slot[] {
  return slots.filter((slot) => slot.starts_at.slice(0, 10) === day)
}

/** How many places of a day can be had; null when there is no clinic any more. */
export function freeOn(slots: readonly Slot[], day: string, blockOf: BlockOf): number | null {
  const still = onDay(slots, day).filter(({ status }) => status !== 'closed' && status !== 'stopped')
  if (still.length === 0) return null
  return still.reduce((sum, slot) => sum + (blockOf(slot) ? 0 : slot.available), 0)
}

/** Why nothing of a day can be had: places that come yet are more to say than those that are gone. */
export function blockOfDay(slots: readonly Slot[], day: string, blockOf: BlockOf): Block {
  const blocks = onDay(slots, day).map(blockOf)
  return (['not_yet', 'drawing'] as const).find((block) => blocks.includes(block)) ?? 'full'
}
