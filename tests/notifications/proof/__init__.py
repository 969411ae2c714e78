"""The proof that the hub loses nothing and sends nothing twice: the model, the statements, the ledger."""
