/** The rows of the catalogue as the server gives them, and the forms in which they are written. */
import type { Schemas } from '@/api/client'

export type Hospital = Schemas['HospitalPage']
export type Campus = Schemas['KeptCampus']
export type Department = Schemas['KeptDepartment']
export type Practitioner = Schemas['KeptPractitioner']
export type Room = Schemas['KeptRoom']

/** Titles that hospitals in China give; others may be typed. */
export const TITLES = ['主任医师', '副主任医师', '主治医师', '住院医师', '主任中医师', '副主任中医师', '主任技师', '主管护师']
export const GENDERS = ['female', 'male', 'other', 'unknown'] as const

export interface CampusForm extends Record<string, unknown> {
  code: string
  name: string
  address: string
  directions: string
}

export function campusForm(row: Campus | null): CampusForm {
  return {
    code: row?.code ?? '',
    name: row?.name ?? '',
    address: row?.address ?? '',
    directions: row?.directions ?? '',
  }
}

export interface DepartmentForm extends Record<string, unknown> {
  code: string
  name: string
  parent_id: string | null
  campus_id: string | null
  speciality_code: string
  aliases: string[]
  location: string
  introduction: string
  ticket_prefix: string
  check_in_opens_minutes: number
  check_in_closes_minutes: number
  no_show_grace_minutes: number
  service_minutes: number
  survey_delay_minutes: number
}

export function departmentForm(row: Department | null): DepartmentForm {
  return {
    code: row?.code ?? '',
    name: row?.name ?? '',
    parent_id: row?.parent_id ?? null,
    campus_id: row?.campus_id ?? null,
    speciality_code: row?.speciality_code ?? '',
    aliases: row?.aliases ?? [],
    location: row?.location ?? '',
    introduction: row?.introduction ?? '',
    ticket_prefix: row?.ticket_prefix ?? '',
    check_in_opens_minutes: row?.check_in_opens_minutes ?? 120,
    check_in_closes_minutes: row?.check_in_closes_minutes ?? 60,
    no_show_grace_minutes: row?.no_show_grace_minutes ?? 60,
    service_minutes: row?.service_minutes ?? 8,
    survey_delay_minutes: row?.survey_delay_minutes ?? 120,
  }
}

export interface PractitionerForm extends Record<string, unknown> {
  code: string
  name: string
  department_id: string | null
  title: string
  gender: Practitioner['gender']
  specialities: string
  languages: string[]
  introduction: string
}

export function practitionerForm(row: Practitioner | null): PractitionerForm {
  return {
    code: row?.code ?? '',
    name: row?.name ?? '',
    department_id: row?.department_id ?? null,
    title: row?.title ?? '',
    gender: row?.gender ?? null,
    specialities: row?.specialities ?? '',
    languages: row?.languages ?? [],
    introduction: row?.introduction ?? '',
  }
}

export interface RoomForm extends Record<string, unknown> {
  code: string
  name: string
  department_id: string | null
  location: string
}

export function roomForm(row: Room | null): RoomForm {
  return {
    code: row?.code ?? '',
    name: row?.name ?? '',
    department_id: row?.department_id ?? null,
    location: row?.location ?? '',
  }
}

/** What is sent to make something: choices that nobody made are left to the server, which says what it needs. */
export function withoutEmpty<Form extends Record<string, unknown>>(form: Form): Partial<Form> {
  return Object.fromEntries(Object.entries(form).filter(([, value]) => value !== null && value !== '')) as Partial<Form>
}
