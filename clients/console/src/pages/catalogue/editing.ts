/** A form on something of the catalogue. */
import { useEditing, type Editing, type Kept } from '@/parts/forms/editing'
import type { Values } from '@/parts/forms/rebase'
import type { OpenRecord } from '@/parts/bench'
import { withoutEmpty } from './kinds'
import { recordsOf, type Kind } from './records'

export function useCatalogueForm<Form extends Values, Row extends Kept>(
  kind: Kind,
  open: OpenRecord<Row>,
  read: (row: Row | null) => Form,
): Editing<Form, Row> {
  const records = recordsOf<Row>(kind)
  return useEditing<Form, Row>({
    name: `${kind}:${open.row.value?.id ?? 'new'}`,
    row: () => open.row.value,
    read,
    told: open.told,
    send: (form, changes, row) => (row ? records.change(row, changes) : records.create(withoutEmpty(form))),
  })
}

/** What the fields of a form are told about each of them. */
export function aboutOf<Form extends Values>(editing: Editing<Form, any>, labelOf: (name: string) => string) {
  return (name: keyof Form & string) => ({
    label: labelOf(name),
    error: editing.errorOf(name),
    isChanged: editing.changed.value.includes(name),
  })
}
