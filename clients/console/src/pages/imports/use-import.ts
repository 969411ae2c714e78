/** One file on its way in: checked, looked over, imported exactly as it was seen. */
import { ref, shallowRef } from 'vue'
import { answer, api, Problem } from '@/api/client'
import { say } from '@/texts'
import { typeOf, type Kind } from './files'
import type { Report } from './report'

type Post = (path: string, how: object) => Promise<{ data?: Report; response: Response; error?: unknown }>

export function useImport(kind: () => Kind) {
  const file = shallowRef<File | null>(null)
  const report = shallowRef<Report | null>(null)
  const doing = ref<'checking' | 'applying' | null>(null)
  const problem = ref<Problem | null>(null)
  /** The plan changed between the look and the import: it was checked again. */
  const movedOn = ref(false)

  async function send(isDry: boolean): Promise<Report> {
    const chosen = file.value!
    const type = typeOf(chosen.name)
    if (type === null) throw new Problem('wrong_file', 415, say('imports.wrongFile'))
    let body: ArrayBuffer
    try {
      body = await chosen.arrayBuffer()
    } catch (error) {
      if (error instanceof DOMException) throw new Problem('gone', 409, say('imports.gone')) // it was changed on the disk
      throw error
    }
    const query = { dry_run: isDry, digest: isDry ? undefined : report.value?.digest }
    const how = { params: { query }, body, headers: { 'Content-Type': type }, bodySerializer: (whole: unknown) => whole }
    return answer((api.POST as unknown as Post)(`/api/v1/admin/imports/${kind()}`, how))
  }

  async function attempt(what: 'checking' | 'applying'): Promise<void> {
    doing.value = what
    problem.value = null
    try {
      report.value = await send(what === 'checking')
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      problem.value = error
      if (what === 'checking') report.value = null
    } finally {
      doing.value = null
    }
  }

  async function check(): Promise<void> {
    movedOn.value = false
    if (file.value) await attempt('checking')
  }

  async function choose(chosen: File): Promise<void> {
    file.value = chosen
    report.value = null
    await check()
  }

  async function apply(): Promise<void> {
    await attempt('applying')
    if (problem.value?.code !== 'plan_changed') return
    await attempt('checking')
    movedOn.value = true
  }

  /** Another kind was chosen: what was found in the file does not hold for it. */
  function forget(): void {
    file.value = null
    report.value = null
    problem.value = null
    movedOn.value = false
  }

  return { file, report, doing, problem, movedOn, choose, check, apply, forget }
}
