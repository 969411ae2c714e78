/** What all pages of schedules share: the department that is planned, its people and rooms, what is in the way. */
import { computed, onScopeDispose, provide, inject, watch, type ComputedRef, type InjectionKey } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { answer, api, type Schemas } from '@/api/client'
import { useFresh, type Fresh } from '@/api/fresh'
import { inTree, useDepartments, type Branch, type Department } from '@/parts/departments'
import { today } from '@/parts/moments'
import { hasRole, me } from '@/session'

export type Week = Schemas['WeekView']
export type Conflicts = Schemas['ConflictList']

const KEPT = 'schedules.department'
const EVERY_MS = 30_000

export interface Office {
  departments: ComputedRef<Branch<Department>[]>
  departmentsProblem: ReturnType<typeof useDepartments>['problem']
  department: ComputedRef<string | null>
  nameOf: (id: unknown) => string
  choose: (id: string | null) => void
  day: ComputedRef<string>
  goTo: (day: string) => void
  week: Fresh<Week | null>
  conflicts: Fresh<Conflicts | null>
  /** Whether the whole hospital is this person's to plan. */
  isWhole: ComputedRef<boolean>
  /** Something of the plan is different now. */
  changed: () => void
}

const NAME: InjectionKey<Office> = Symbol('office')

export function useOffice(): Office {
  const office = inject(NAME)
  if (!office) throw new Error('no office around this page')
  return office
}

export function openOffice(): Office {
  const route = useRoute()
  const router = useRouter()
  const { tree, nameOf, problem } = useDepartments()

  const mine = computed(() => me.value?.departments ?? null)
  const isWhole = computed(() => hasRole('admin') && mine.value === null)
  const departments = computed(() => {
    const items = tree.value.map((one) => one.item)
    return mine.value ? inTree(items.filter((one) => mine.value!.includes(one.id))) : tree.value
  })
  const department = computed(() => {
    const wanted = [String(route.query.department ?? ''), localStorage.getItem(KEPT) ?? '']
    const ids = departments.value.map((one) => one.item.id)
    return wanted.find((id) => ids.includes(id)) ?? ids[0] ?? null
  })
  const day = computed(() => (/^\d{4}-\d\d-\d\d$/.test(String(route.query.day)) ? String(route.query.day) : today()))

  const week = useFresh<Week | null>(async () => {
    if (!department.value) return null
    const query = { department: department.value, day: day.value }
    return answer(api.GET('/api/v1/admin/timetable', { params: { query } }))
  })
  const conflicts = useFresh<Conflicts | null>(async () => {
    if (!department.value) return null
    return answer(api.GET('/api/v1/admin/schedules/conflicts', { params: { query: { department: department.value } } }))
  })
  watch(department, () => void conflicts.refresh(), { immediate: true })
  watch([department, day], () => void week.refresh(), { immediate: true })
  const looking = setInterval(() => !document.hidden && void week.refresh(), EVERY_MS)
  onScopeDispose(() => clearInterval(looking))

  function choose(id: string | null): void {
    if (!id) return
    localStorage.setItem(KEPT, id)
    void router.replace({ params: route.params, query: { ...route.query, department: id } })
  }

  function goTo(to: string): void {
    void router.replace({ params: route.params, query: { ...route.query, day: to } })
  }

  function changed(): void {
    void week.refresh()
    void conflicts.refresh()
  }

  const office = {
    departments,
    departmentsProblem: problem,
    department,
    nameOf,
    choose,
    day,
    goTo,
    week,
    conflicts,
    isWhole,
    changed,
  }
  provide(NAME, office)
  return office
}
