"""A morning played against the running hospital through its HTTP API: `hospital simulate`."""

from infra.simulate.morning import simulate

__all__ = ["simulate"]
