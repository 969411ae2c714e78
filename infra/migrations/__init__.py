"""One chain of migrations. Each step is SQL that stands beside it, run by the ORM's executor (decision 0003)."""
