/** What the people of this account allow us to write to them about. */
import { get, put, type Schema } from '../api/client'

export type Person = Schema<'PersonConsents'>
export type Purpose = Schema<'PurposeView'>

export function consents() {
  return get('/api/v1/me/consents')
}

/** Allow a purpose or withdraw it; what holds afterwards. `wording`: version of the words that were on the screen. */
export function sayConsent(person: Person, purpose: Purpose, allowed: boolean, wording: number) {
  return put('/api/v1/me/consents', {
    patient_id: person.patient_id,
    purpose: purpose.purpose as Schema<'PurposeForm'>['purpose'],
    is_allowed: allowed,
    wording,
  })
}
