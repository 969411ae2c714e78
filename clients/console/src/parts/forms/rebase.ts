/** Putting what somebody typed onto what a colleague has saved in the meantime. Pure. */

export type Values = Record<string, unknown>

export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** Names of the fields in which two forms differ. */
export function changesBetween<Form extends Values>(base: Form, mine: Form): (keyof Form & string)[] {
  return Object.keys(mine).filter((name) => !isSame(base[name], mine[name]))
}

/**
 * Gives my form upon theirs, and the fields that both of us have changed, each to something else.
 *
 * base: what I began with. What I have not touched becomes theirs; what I have typed stays mine.
 */
export function rebase<Form extends Values>(
  base: Form,
  mine: Form,
  theirs: Form,
): { values: Form; clashes: (keyof Form & string)[] } {
  const touched = changesBetween(base, mine)
  const values = { ...theirs }
  for (const name of touched) values[name] = mine[name]
  const clashes = touched.filter((name) => !isSame(base[name], theirs[name]) && !isSame(mine[name], theirs[name]))
  return { values, clashes }
}
