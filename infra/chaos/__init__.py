"""`make chaos`: everything around the hub fails, and the provider's own ledger says what came of it."""
