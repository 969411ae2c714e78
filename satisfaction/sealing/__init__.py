"""What cannot be rewritten and what is not shown: the chain of the time lines, and sealed identities."""
