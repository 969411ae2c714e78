import type { Schemas } from '@/api/client'
import type { Tone } from '@/parts/tones'

export type Draw = Schemas['DrawView']
export type Entry = Schemas['StaffDrawEntryView']
export type ReserveReturn = Schemas['ReserveReturnView']

export const PHASES: Record<Draw['phase'], Tone> = {
  not_yet: 'quiet', open: 'call', drawing: 'wait', drawn: 'good', cancelled: 'bad',
}
export const STATES: Record<Entry['state'], Tone> = {
  entered: 'known', withdrawn: 'quiet', won: 'good', lost: 'wait', refused: 'bad', cancelled: 'bad',
}
/** Where anybody finds the record of a draw. */
export const recordOf = (draw: Draw) => `/api/v1/draws/${draw.id}/record`
