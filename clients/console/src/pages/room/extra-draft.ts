/** What was written for an extra place: an accidental close loses nothing. Ends with the tab and with who works here. */
import { reactive, watch } from 'vue'
import { noPerson, type PersonDraft } from '@/parts/person/form'
import { me } from '@/session'

const empty = (): PersonDraft & { reason: string } => ({ ...noPerson(), reason: '' })

export const draft = reactive(empty())
watch(() => me.value?.id, startAnew)

export function startAnew(): void {
  Object.assign(draft, empty())
}
