"""Tests of consents: the ledger of credits, what to ask for, what people allow by purpose."""
