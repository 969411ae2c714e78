/**
 * A form on something the server keeps: what is typed outlives a refusal, a reload and a look at something else, and
 * is put upon what a colleague has saved in the meantime.
 */
import { computed, nextTick, reactive, ref, shallowRef, toRaw, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { Problem } from '@/api/client'
import { me } from '@/session'
import { changesBetween, rebase, type Values } from './rebase'

/** What the server keeps; `version` goes back with the change, so that nothing of a colleague's is lost unseen. */
export interface Kept {
  id: string
  version: number
}

/** Headers that let the server refuse when a colleague was faster. */
export function asSeen(row: Kept): { 'If-Match': string } {
  return { 'If-Match': `"${row.version}"` }
}

interface Plan<Form extends Values, Row extends Kept> {
  /** Of the draft: one for each thing that is edited. */
  name: string
  /** What stands at the server; null for something new. */
  row: () => Row | null
  /** Reads the form from it; from nothing, as it is when somebody begins. */
  read: (row: Row | null) => Form
  /** Sends it. changes: only what was touched. */
  send: (form: Form, changes: Partial<Form>, row: Row | null) => Promise<Row>
  /** Is told what stands at the server now: after it was saved, or a colleague's. */
  told: (row: Row) => void
}

export interface Editing<Form extends Values, Row extends Kept = Kept> {
  form: Form
  changed: ComputedRef<(keyof Form & string)[]>
  isSaving: Ref<boolean>
  problem: Ref<Problem | null>
  /** A colleague has saved in the meantime. clashes: where both have written; theirs: as it stands now. */
  meanwhile: ShallowRef<{ clashes: (keyof Form & string)[]; theirs: Form } | null>
  errorOf: (name: keyof Form & string) => string | undefined
  /** Gives what was saved; null when it was not, and `problem` or `meanwhile` says why. */
  save: () => Promise<Row | null>
  /** Goes back to what stands at the server. */
  discard: () => void
}

interface Draft<Form> {
  base: Form
  mine: Form
}

export function useEditing<Form extends Values, Row extends Kept>(plan: Plan<Form, Row>): Editing<Form, Row> {
  const place = `form:${me.value?.id ?? ''}:${plan.name}`
  let base = plan.read(plan.row())
  const form = reactive(plan.read(plan.row())) as Form
  const basis = shallowRef(base)
  const problem = ref<Problem | null>(null)
  const isSaving = ref(false)
  const meanwhile = shallowRef<{ clashes: (keyof Form & string)[]; theirs: Form } | null>(null)
  const changed = computed(() => changesBetween(basis.value, form))

  function stand(next: Form): void {
    base = next
    basis.value = next
  }

  /** What stands at the server has changed under the form. */
  function put(theirs: Form, mine: Form = plainOf(form), from: Form = base): void {
    const merged = rebase(from, mine, theirs)
    const isNews = changesBetween(from, theirs).length > 0 && changesBetween(from, mine).length > 0
    stand(theirs)
    Object.assign(form, merged.values)
    if (isNews) meanwhile.value = { clashes: merged.clashes, theirs }
  }

  const kept = sessionStorage.getItem(place)
  if (kept) {
    const draft = JSON.parse(kept) as Draft<Form>
    put(base, { ...base, ...draft.mine }, { ...base, ...draft.base })
  }
  watch(
    form,
    () => {
      if (changed.value.length === 0) sessionStorage.removeItem(place)
      else sessionStorage.setItem(place, JSON.stringify({ base, mine: plainOf(form) } satisfies Draft<Form>))
    },
    { flush: 'sync', deep: true },
  )
  watch(plan.row, (row) => row && put(plan.read(row)))

  function errorOf(name: string): string | undefined {
    const pointer = `/${name}`
    return problem.value?.fields.find((one) => one.pointer === pointer || one.pointer.startsWith(`${pointer}/`))?.detail
  }

  async function save(): Promise<Row | null> {
    if (isSaving.value) return null
    isSaving.value = true
    problem.value = null
    try {
      const sent = plainOf(form)
      const touched = Object.fromEntries(changed.value.map((name) => [name, sent[name]])) as Partial<Form>
      const row = await plan.send(sent, touched, plan.row())
      sessionStorage.removeItem(place)
      meanwhile.value = null
      stand(plan.read(row))
      Object.assign(form, plan.read(row))
      plan.told(row)
      return row
    } catch (error) {
      await refused(error)
      return null
    } finally {
      isSaving.value = false
    }
  }

  async function refused(error: unknown): Promise<void> {
    if (!(error instanceof Problem)) throw error
    const fresh = error.status === 412 ? (error.data.resource as Row | undefined) : undefined
    if (fresh) {
      const theirs = plan.read(fresh)
      const before = base
      put(theirs)
      meanwhile.value = { clashes: rebase(before, plainOf(form), theirs).clashes, theirs }
      plan.told(fresh)
      return
    }
    problem.value = error
    await nextTick()
    document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }

  function discard(): void {
    meanwhile.value = null
    problem.value = null
    Object.assign(form, structuredClone(base))
  }

  return { form, changed, isSaving, problem, meanwhile, errorOf, save, discard }
}

function plainOf<Form extends Values>(form: Form): Form {
  return JSON.parse(JSON.stringify(toRaw(form))) as Form
}
