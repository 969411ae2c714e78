/** An appointment as a calendar file. A browser saves it; WeChat lets no app save files of this kind. */
import { address, rawText } from '../api/client'

export async function saveCalendar(appointment: string): Promise<void> {
  // #ifdef H5
  const path = address('/api/v1/appointments/{appointment_id}/calendar.ics', { path: { appointment_id: appointment } })
  const file = new Blob([await rawText(path)], { type: 'text/calendar' })
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = 'appointment.ics'
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 1000)
  // #endif
}
