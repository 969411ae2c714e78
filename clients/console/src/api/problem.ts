/** What went wrong, in the server's words: an RFC 9457 problem, or the network being away. */
export class Problem extends Error {
  constructor(
    /** Stable, for programs; `network` when no answer came. */
    readonly code: string,
    readonly status: number,
    /** A sentence in the reader's language. */
    detail: string,
    /** Fields that are wrong, by JSON pointer. */
    readonly fields: { pointer: string; code: string; detail: string }[] = [],
    /** The rest of the problem: the data of the error. */
    readonly data: Record<string, unknown> = {},
  ) {
    super(detail)
  }

  /** Nobody knows whether it was done: the same call with the same key may be sent again. */
  get isOpen(): boolean {
    return this.status === 0 || this.status >= 500
  }
}
