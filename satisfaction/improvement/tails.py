"""Shares of known distributions, to the last digits that matter, from nothing but the standard library. Pure."""

from collections.abc import Callable
from statistics import NormalDist

from satisfaction.scores.intervals import incomplete_beta as beta_share

__all__ = ["NORMAL", "beta_quantile", "beta_share", "binomial_at_least", "t_below", "t_quantile"]

NORMAL = NormalDist()
_CLOSE = 1e-12


def binomial_at_least(k: int, n: int, p: float) -> float:
    """Give the chance of k or more successes in n tries."""
    if k <= 0:
        return 1.0
    return 0.0 if k > n else beta_share(k, n - k + 1, p)


def t_below(value: float, freedom: float) -> float:
    """Give the share of a t distribution below a value. freedom: degrees of it, may be broken."""
    outside = beta_share(freedom / 2, 0.5, freedom / (freedom + value * value)) / 2
    return 1.0 - outside if value > 0 else outside


def t_quantile(share: float, freedom: float) -> float:
    """Give the value below which a share of a t distribution lies."""
    return _root(lambda value: t_below(value, freedom) - share, -1e4, 1e4)


def beta_quantile(share: float, a: float, b: float) -> float:
    """Give the value below which a share of a beta distribution lies."""
    return _root(lambda x: beta_share(a, b, x) - share, 0.0, 1.0)


def _root(rises: Callable[[float], float], low: float, high: float) -> float:
    """Find where a rising function passes zero, by halving."""
    while high - low > _CLOSE * max(1.0, abs(low)):
        middle = (low + high) / 2
        low, high = (middle, high) if rises(middle) < 0 else (low, middle)
    return (low + high) / 2
