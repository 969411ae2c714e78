/** Somebody with a file, as far as a desk sees them: the name is masked. */
export interface PersonFile {
  id: string
  name: string
  /** What tells two of the same name apart. */
  note: string
  /** Help that the age suggests; a person decides. */
  suggested?: string[]
}
