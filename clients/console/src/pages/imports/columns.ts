/** What the columns of a file are called. */
import { answer, api, type Schemas } from '@/api/client'
import { useFresh, type Fresh } from '@/api/fresh'
import { language } from '@/texts'

export type KindOfLine = Schemas['KindView']

export function useColumns(): Fresh<KindOfLine[]> {
  return useFresh(async () => (await answer(api.GET('/api/v1/admin/imports/columns'))).items)
}

/** kind: none where a file holds lines of all kinds; then the word of the first that has such a column. */
export function wordOf(all: readonly KindOfLine[], kind: string | null, name: string): string {
  const kinds = all.filter((one) => kind === null || one.kind === kind)
  const column = kinds.flatMap((one) => one.columns).find((one) => one.name === name)
  return (language.value === 'zh-CN' && column?.words[0]) || name
}
