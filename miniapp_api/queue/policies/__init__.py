"""Who is next: one pure file for each policy."""
