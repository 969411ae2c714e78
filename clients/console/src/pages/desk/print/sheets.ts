/** The sheets that the server draws. Each throws Problem. */
import { answer, api } from '@/api/client'

const AS_PAGE = { headers: { Accept: 'text/html' }, parseAs: 'text' } as const

/** The visit slip for somebody without a phone. */
export function slipPage(appointmentId: string): Promise<string> {
  const path = { appointment_id: appointmentId }
  return answer<string>(api.GET('/api/v1/desk/appointments/{appointment_id}/slip', { params: { path }, ...AS_PAGE }))
}

/** The poster with a desk's mini-app code. */
export function posterPage(deskId: string): Promise<string> {
  const path = { desk_id: deskId }
  return answer<string>(api.GET('/api/v1/desks/{desk_id}/poster', { params: { path }, ...AS_PAGE }) as never)
}
