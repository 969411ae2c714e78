"""The outbox: claim, write the intent down, send, record; and find what a dead worker left behind."""
