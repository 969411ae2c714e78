/** Words for a visit that is not finished yet: they stay while the page stands, and go when the visit is over. */

export interface Draft {
  advice: string
  revisit: string
}

const drafts = new Map<string, Draft>()

export function draftOf(ticket: string): Draft {
  return drafts.get(ticket) ?? { advice: '', revisit: '' }
}

/** Keeps one draft: of the visit that is written now. */
export function keepDraft(ticket: string, draft: Draft): void {
  drafts.clear()
  drafts.set(ticket, { ...draft })
}
