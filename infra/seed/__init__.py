"""The demonstration hospital: drawn from a seed number, the same every time, with fictional names."""

from infra.seed.actions import seed_demo

__all__ = ["seed_demo"]
