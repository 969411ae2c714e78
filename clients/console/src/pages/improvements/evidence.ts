/** What shows that a measure was put in place, while it is written: words, addresses, files. */
import { computed, reactive } from 'vue'
import { useSending } from '@/parts/files/sending'

export function useEvidence() {
  const form = reactive({ text: '', links: '' })
  const sending = useSending()
  const links = computed(() => form.links.split('\n').map((line) => line.trim()).filter(Boolean))
  const body = computed(() => ({ text: form.text, links: links.value, attachment_ids: sending.ids.value }))
  return { ...sending, form, body }
}

export type Evidence = ReturnType<typeof useEvidence>
