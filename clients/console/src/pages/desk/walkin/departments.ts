/** Finding a department by what a guide types. Pure. */

interface Named {
  name: string
  pinyin: string
  initials: string
}

/**
 * Gives the departments that fit, those that begin with what was typed first; all of them, by their
 * pinyin, for nothing typed.
 */
export function matching<Item extends Named>(departments: Item[], typed: string): Item[] {
  const asked = typed.trim().toLowerCase()
  if (!asked) return [...departments].sort((one, other) => one.pinyin.localeCompare(other.pinyin))
  const words = (one: Item) => [one.name.toLowerCase(), one.pinyin.toLowerCase(), one.initials.toLowerCase()]
  const begins = departments.filter((one) => words(one).some((word) => word.startsWith(asked)))
  const holds = departments.filter((one) => !begins.includes(one) && words(one).some((word) => word.includes(asked)))
  return [...begins, ...holds]
}
