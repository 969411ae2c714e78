"""Desks that go on without the network: what they need of a day, and what they scanned meanwhile."""
