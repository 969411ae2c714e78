/** Which line of the price list holds. The rule is the server's (`miniapp_api/catalogue/rules.py`). Pure. */
import type { Schemas } from '@/api/client'

export type Line = Schemas['PriceLine']

export const TYPES = ['ordinary', 'expert', 'special', 'revisit'] as const
export type VisitType = (typeof TYPES)[number]

type Where = Pick<Line, 'department_id' | 'title'>

/** 3 department and title, 2 department, 1 title, 0 the whole hospital. */
export function specialnessOf(line: Where): number {
  return (line.department_id === null ? 0 : 2) + (line.title === null ? 0 : 1)
}

/** The line by which a type of visit is paid there; null when it has no price. title empty: nobody's in particular. */
export function holding(lines: readonly Line[], type: string, departmentId: string | null, title: string): Line | null {
  const fits = lines.filter(
    (line) =>
      line.visit_type === type &&
      (line.department_id === null || line.department_id === departmentId) &&
      (line.title === null || line.title === title),
  )
  return fits.sort((one, other) => specialnessOf(other) - specialnessOf(one))[0] ?? null
}

/** What would be paid where a line holds now, if it were not there. */
export function withoutLine(lines: readonly Line[], line: Line): Line | null {
  const others = lines.filter((one) => one.id !== line.id)
  return holding(others, line.visit_type, line.department_id, line.title ?? '')
}

/** The lines of a type of visit, the widest first. */
export function linesOf(lines: readonly Line[], type: string): Line[] {
  return lines
    .filter((line) => line.visit_type === type)
    .sort(
      (one, other) =>
        specialnessOf(one) - specialnessOf(other) ||
        one.department_name.localeCompare(other.department_name, 'zh') ||
        (one.title ?? '').localeCompare(other.title ?? '', 'zh'),
    )
}

export function sameLine(lines: readonly Line[], type: string, where: Where): Line | undefined {
  return lines.find(
    (line) => line.visit_type === type && line.department_id === where.department_id && line.title === where.title,
  )
}
