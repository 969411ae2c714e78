"""Staff and rights: the accounts that an administrator keeps, and one's own password."""
