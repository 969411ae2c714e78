/** What the desk asks in a dialog; one at a time. */
export type Asked =
  | { what: 'desk' | 'walkIn' | 'code' | 'keys' | 'override' }
  | { what: 'annul'; name: string; number: string; ticketId: string }
