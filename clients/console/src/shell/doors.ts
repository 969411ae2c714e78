/** The doors in the bar: the pages of every day, and those of administration in their groups. */
import type { RouteRecordRaw } from 'vue-router'

export interface Door {
  name: string
  path: string
  /** Where it stands in the menu of administration; none: it stands in the bar. */
  group?: string
}

export function doorOf(route: RouteRecordRaw): Door {
  return { name: String(route.name), path: route.path.replace(/\/:.*$/, ''), group: route.meta?.group }
}
