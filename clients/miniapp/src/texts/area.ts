/** One area of the app's words, in all three languages. zh-CN is the source: its keys are the type of the others. */

export const LANGUAGES = ['zh-CN', 'zh-TW', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

type Words = Record<string, string>
export type Area<Z extends Words = Words> = { [L in Language]: { readonly [K in keyof Z]: string } }

/** Declare an area. A key that a language lacks, or has beyond zh-CN, is a compile error. */
export function area<Z extends Words>(texts: {
  'zh-CN': Z
  'zh-TW': NoInfer<{ [K in keyof Z]: string }>
  en: NoInfer<{ [K in keyof Z]: string }>
}): Area<Z> {
  return texts
}
