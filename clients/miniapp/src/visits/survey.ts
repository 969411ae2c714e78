/** Which survey is about which visit. Pure. */
import type { Schema } from '../api/client'
import { dayOf } from '../texts/times'

/** A visit that took place, with an appointment or without. */
export interface Seen {
  visit: Schema<'VisitLeft'> | null
  patient: { id: string; name: string }
  department: { id: string; name: string }
  practitioner: { id: string } | null
  slot?: { starts_at: string }
}

/** The survey about a visit: the same patient, department and day. An unanswered one comes first: somebody may be seen twice a day. */
export function surveyOf(visit: Seen, surveys: Schema<'SurveyView'>[]): Schema<'SurveyView'> | null {
  const day = dayOf(visit.visit?.finished_at ?? visit.slot?.starts_at)
  const about = surveys.filter(
    (one) => one.patient_name === visit.patient.name && one.department_name === visit.department.name && dayOf(one.visited_at) === day,
  )
  return about.find(({ answered, state }) => !answered && state !== 'expired') ?? about.find(({ answered }) => answered) ?? null
}
