/** The departments for whoever chooses one, in the order of their tree. Asked once and kept: they seldom change. */
import { computed } from 'vue'
import { answer, api, type Schemas } from '@/api/client'
import { useFresh } from '@/api/fresh'
import { me } from '@/session'

export type Department = Schemas['DepartmentView']

export interface Branch<Item> {
  item: Item
  /** 0 for what stands on top. */
  depth: number
}

/** Puts each after the one it belongs to. What names a parent that is not there stands on top. */
export function inTree<Item extends { id: string; parent_id: string | null }>(items: readonly Item[]): Branch<Item>[] {
  const ids = new Set(items.map((item) => item.id))
  const under = new Map<string | null, Item[]>()
  for (const item of items) {
    const parent = item.parent_id && ids.has(item.parent_id) ? item.parent_id : null
    under.set(parent, [...(under.get(parent) ?? []), item])
  }
  const branches: Branch<Item>[] = []
  const grow = (parent: string | null, depth: number) => {
    for (const item of under.get(parent) ?? []) {
      branches.push({ item, depth })
      grow(item.id, depth + 1)
    }
  }
  grow(null, 0)
  return branches
}

/** Indents a name in a list of choices, where no layout can. */
export function indented(name: string, depth: number): string {
  return `${'\u3000'.repeat(depth)}${name}`
}

export async function allDepartments(): Promise<Department[]> {
  const found: Department[] = []
  let cursor: string | undefined
  do {
    const page = await answer(api.GET('/api/v1/departments', { params: { query: { limit: 100, cursor } } }))
    found.push(...page.items)
    cursor = page.next ?? undefined
  } while (cursor)
  return found
}

export function useDepartments() {
  const fresh = useFresh(allDepartments)
  void fresh.refresh()
  const tree = computed(() => inTree(fresh.data.value ?? []))
  const nameOf = (id: unknown) => fresh.data.value?.find((one) => one.id === id)?.name ?? ''
  return { tree, nameOf, problem: fresh.problem, refresh: fresh.refresh }
}

/** The departments of whoever is signed in; `only`: the id of the one, for who has no choice. */
export function useMyDepartments() {
  const departments = useDepartments()
  const mine = computed(() => {
    const own = me.value?.departments ?? null
    return own === null ? departments.tree.value : departments.tree.value.filter(({ item }) => own.includes(item.id))
  })
  const only = computed(() => (mine.value.length === 1 ? mine.value[0]!.item.id : null))
  return { ...departments, mine, only }
}
