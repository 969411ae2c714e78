/** The hospital's departments as a list: parents before their children. Pure. */
import type { Schema } from '../api/client'

export type Department = Schema<'DepartmentView'>

export interface Row {
  department: Department
  isChild: boolean
}

function bySpeciality(one: Department, other: Department): number {
  return one.speciality_code.localeCompare(other.speciality_code) || one.code.localeCompare(other.code)
}

/** Order departments as the list of specialities does, each followed by those under it. */
export function rowsOf(departments: Department[]): Row[] {
  const sorted = [...departments].sort(bySpeciality)
  const ids = new Set(sorted.map(({ id }) => id))
  const isTop = ({ parent_id }: Department) => parent_id === null || !ids.has(parent_id)
  return sorted.filter(isTop).flatMap((parent) => [
    { department: parent, isChild: false },
    ...sorted.filter(({ parent_id }) => parent_id === parent.id).map((department) => ({ department, isChild: true })),
  ])
}
