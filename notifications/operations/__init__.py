"""The operator's view of the hub: where a message is, what became of it, and the few things a person may do."""
