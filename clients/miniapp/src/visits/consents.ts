/** WeChat's one-time permissions to write to the patient. They must be asked for in a tap, at most three at a time. */
import { get, once, type Schema } from '../api/client'

type Consent = Schema<'ConsentView'>

const AT_ONCE = 3
const AFTER_BOOKING = ['appointment_reminder', 'queue_called', 'appointment_cancelled']

/** The templates that a booking wants and that may be asked for. Empty outside WeChat, where there is nobody to ask. */
export async function wanted(): Promise<string[]> {
  let consents: Consent[] = []
  // #ifdef MP-WEIXIN
  consents = (await get('/api/v1/consents')).items
  // #endif
  return consents
    .filter(({ key, status }) => AFTER_BOOKING.includes(key) && status !== 'banned')
    .sort((one, other) => AFTER_BOOKING.indexOf(one.key) - AFTER_BOOKING.indexOf(other.key))
    .slice(0, AT_ONCE)
    .map(({ template_id }) => template_id)
}

/** Ask, and report what was tapped. Whatever comes of it, the booking goes on: that is why nothing is thrown. */
export async function askFor(templates: string[]): Promise<void> {
  if (!templates.length) return
  const results = await new Promise<{ template_id: string; result: string }[]>((resolve) =>
    uni.requestSubscribeMessage({
      tmplIds: templates,
      success: (answer) => {
        const said = answer as unknown as Record<string, unknown>
        resolve(templates.flatMap((id) => (typeof said[id] === 'string' ? [{ template_id: id, result: said[id] }] : [])))
      },
      fail: () => resolve([]),
    }),
  )
  if (results.length) await once('/api/v1/consents', { results }).catch(() => undefined)
}
