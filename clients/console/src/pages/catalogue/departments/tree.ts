/** The tree of departments. Pure. */

/** Ids of a department and of all below it: none of them can be its parent. */
export function belowOf(id: string, all: readonly { id: string; parent_id: string | null }[]): string[] {
  const found = [id]
  for (let at = 0; at < found.length; at++) {
    for (const one of all) if (one.parent_id === found[at] && !found.includes(one.id)) found.push(one.id)
  }
  return found
}
