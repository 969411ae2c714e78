/** The field of a figure: where a value stands in it, in units of its own. */

export const WIDTH = 1000
export const LEFT = 56
const TOP = 12
const FOOT = 30

export interface Field {
  height: number
  /** What is kept below for the names along the foot. */
  foot?: number
  /** The value at the foot; what is lower stands there too. */
  least: number
  /** The value at the top. */
  most: number
}

export function yOf(value: number, { height, foot = FOOT, least, most }: Field): number {
  return TOP + (height - foot - TOP) * (1 - (Math.max(value, least) - least) / (most - least))
}

/** The middle of one of so many places, from left to right. */
export function xOfPlace(place: number, count: number): number {
  return LEFT + ((place + 0.5) * (WIDTH - LEFT)) / count
}

/** As `polyline` wants them. */
export function joined(points: readonly { x: number; y: number }[]): string {
  return points.map((one) => `${one.x},${one.y}`).join(' ')
}
