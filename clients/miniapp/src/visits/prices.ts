/** What a visit costs, as the catalogue says. Pure. */
import type { Schema } from '../api/client'

type Price = Schema<'PriceView'>

/** `¥25`, `¥12.50` */
export function yuan(fen: number): string {
  return `¥${fen % 100 ? (fen / 100).toFixed(2) : fen / 100}`
}

/** The price of a type of visit; empty where none is known. */
export function priceOf(prices: Price[] | undefined, visitType: string): string {
  const found = prices?.find(({ visit_type }) => visit_type === visitType)
  return found ? yuan(found.price_fen) : ''
}
