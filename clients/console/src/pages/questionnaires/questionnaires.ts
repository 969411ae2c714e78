/** Versions of questionnaires as the server keeps them, and as they are edited. */
import { answer, api, type Schemas } from '@/api/client'

export type Version = Schemas['QuestionnaireView']
export type Detail = Schemas['QuestionnaireDetail']
export type Line = Schemas['QuestionnaireItemView']
export type BankItem = Schemas['SurveyBankItemView']
export type Condition = Schemas['SurveyConditionView']
export type Language = 'zh-CN' | 'zh-TW' | 'en'

export const LANGUAGES: Language[] = ['zh-CN', 'zh-TW', 'en']
const FREQUENCY: Record<number, string> = { 4: 'always', 3: 'usually', 2: 'sometimes', 1: 'never' }

export async function versions(): Promise<Version[]> {
  return (await answer(api.GET('/api/v1/admin/questionnaires'))).items
}

export function version(id: string): Promise<Detail> {
  return answer(api.GET('/api/v1/admin/questionnaires/{questionnaire_id}', { params: { path: { questionnaire_id: id } } }))
}

export async function bank(): Promise<BankItem[]> {
  return (await answer(api.GET('/api/v1/admin/survey-items'))).items
}

/** A line of the bank as a draft takes it. */
export function lineOf(item: BankItem): Line {
  return { ...item, is_core: false, is_closing: item.id === 'improve', may_be_na: item.scale !== null && item.scale !== 'R11', shown_if: [] }
}

/** What an earlier answer may be: value and words. */
export function answersOf(line: Line, language: Language): { value: string | number | boolean; text: string }[] {
  if (line.options.length) return line.options.map((one) => ({ value: one.value as string, text: (one.text as Record<string, string>)[language] ?? '' }))
  if (line.type === 'yes_no') return [true, false].map((value) => ({ value, text: value ? '是' : '否' }))
  const [low, high] = line.type === 'scale' ? [0, 10] : [1, 5]
  return Array.from({ length: high - low + 1 }, (_, place) => ({ value: low + place, text: String(low + place) }))
}

/** The answer of a rule in words; a frequency that is compared stands as its figure. */
export function saidOf(line: Line | undefined, condition: Condition, language: Language): string {
  const value = line?.scale === 'F4' && typeof condition.value === 'number' ? FREQUENCY[condition.value] : condition.value
  const found = line && answersOf(line, language).find((one) => one.value === value)
  return found?.text ?? String(condition.value)
}
