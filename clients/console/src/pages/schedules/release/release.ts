import type { Schemas } from '@/api/client'

/** What a department decides, as it is sent. */
export type Setting = Omit<Schemas['SettingView'], 'department_id' | 'version'>

export const RELEASE_MODES: Schemas['ReleaseMode'][] = ['first_come', 'draw']
export const RESERVE_RETURNS: Schemas['ReserveReturn'][] = ['never', 'minutes_before', 'day_before']
export const ON_HOLIDAYS: Schemas['OnHolidays'][] = ['sunday', 'closed', 'usual']
