/** WeChat's one-time permissions to write to the patient: the server says what to ask for now, and why. They must be asked for in a tap. */
import { get, once, type Schema } from '../api/client'

export type Ask = Schema<'AskView'>
export type Moment = 'booked' | 'checked_in' | 'finished' | 'waitlisted' | 'complained'

/** What to ask for after something has happened; nothing outside WeChat, where there is nobody to ask. */
export async function toAsk(after: Moment): Promise<Ask | null> {
  let ask: Ask | null = null
  // #ifdef MP-WEIXIN
  ask = (await get('/api/v1/consents', { query: { after } })).ask
  // #endif
  return ask
}

/** What was tapped for each template; nothing when the pop-up could not be shown. */
export function resultsOf(ask: Ask, answer: Record<string, unknown>): { template_id: string; result: string }[] {
  return ask.template_ids.flatMap((id) => (typeof answer[id] === 'string' ? [{ template_id: id, result: answer[id] }] : []))
}

/** Ask, report what was tapped, and learn what is still to ask for. Whatever comes of it, the visit goes on: nothing is thrown. */
export async function askFor(ask: Ask | null, after: Moment): Promise<Ask | null> {
  if (!ask) return null
  const results = await new Promise<{ template_id: string; result: string }[]>((resolve) =>
    uni.requestSubscribeMessage({
      tmplIds: ask.template_ids,
      success: (answer) => resolve(resultsOf(ask, answer as unknown as Record<string, unknown>)),
      fail: () => resolve([]),
    }),
  )
  if (!results.length) return ask
  return once('/api/v1/consents', { results, after }).then((known) => known.ask, () => ask)
}
