/** The page of the hospital as a form: degrees are texts while they are typed. Pure. */
import type { Hospital } from '../kinds'

export const SHORT = ['phone', 'emergency_phone'] as const
export const LONG = ['bus_routes', 'services', 'price_notes'] as const

export interface HospitalForm extends Record<string, unknown> {
  name: string
  phone: string
  emergency_phone: string
  address: string
  landmarks: string
  bus_routes: string
  latitude: string
  longitude: string
  opening_hours: string
  emergency_hours: string
  services: string
  price_notes: string
}

/** There is one hospital: it has no id of its own. */
export type Row = Hospital & { id: 'hospital' }

export function hospitalForm(row: Row | null): HospitalForm {
  const degrees = (value: number | null | undefined) => (value == null ? '' : String(value))
  return {
    name: row?.name ?? '',
    phone: row?.phone ?? '',
    emergency_phone: row?.emergency_phone ?? '',
    address: row?.address ?? '',
    landmarks: row?.landmarks ?? '',
    bus_routes: row?.bus_routes ?? '',
    latitude: degrees(row?.latitude),
    longitude: degrees(row?.longitude),
    opening_hours: row?.opening_hours ?? '',
    emergency_hours: row?.emergency_hours ?? '',
    services: row?.services ?? '',
    price_notes: row?.price_notes ?? '',
  }
}

/** What is no number goes as it was typed, so that the server says what is wrong with it. */
export function bodyOf(form: HospitalForm): Record<string, unknown> {
  const degrees = (text: string) => (text.trim() === '' ? null : Number.isNaN(Number(text)) ? text : Number(text))
  return { ...form, latitude: degrees(form.latitude), longitude: degrees(form.longitude) }
}
