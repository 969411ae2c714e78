/** How a line of the price list is called. */
import { say } from '@/texts'
import type { Line } from './holding'

export function whereOf(line: Pick<Line, 'department_id' | 'department_name' | 'title'>): string {
  if (line.department_id === null && line.title === null) return say('catalogue.price.hospital')
  const department = line.department_id === null ? say('catalogue.price.everyDepartment') : line.department_name
  return `${department} · ${line.title ?? say('catalogue.price.everyTitle')}`
}

export function nameOf(line: Line): string {
  return `${say(`catalogue.price.type.${line.visit_type}`)} · ${whereOf(line)}`
}
