/** Over which channel this account wants to hear of what. */
import { get, put, type Schema } from '../api/client'

export type Preference = Schema<'PreferenceView'>

export function preferences() {
  return get('/api/v1/preferences')
}

/** Switch one on or off; all of them as they stand afterwards. */
export function prefer(one: Preference, isOn: boolean) {
  const { category, channel } = one as Schema<'PreferenceItemForm'>
  return put('/api/v1/preferences', { items: [{ category, channel, is_on: isOn }] })
}
