/** What the desk asks in a dialog; one at a time. */
export type Asked =
  | { what: 'desk' | 'walkIn' | 'code' | 'keys' | 'override' | 'conflicts' }
  | { what: 'slip'; name: string; appointmentId: string }
  | { what: 'annul'; name: string; number: string; ticketId: string }
