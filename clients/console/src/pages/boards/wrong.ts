/** What the server says is wrong with one field of a form. */
import type { Problem } from '@/api/client'

/** Gives the sentence for a field, named by its JSON pointer; nothing when the field is right. */
export function wrong(problem: Problem | null, pointer: string): string | undefined {
  return problem?.fields.find((field) => field.pointer === pointer)?.detail
}
