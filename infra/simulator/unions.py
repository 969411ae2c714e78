"""One person, several ids: each account knows people by its own, and the union id is the same for all of them."""

import hashlib


def unionid_of(openid: str) -> str:
    """Give a person's id over all accounts of the hospital."""
    return f"uSim{hashlib.sha256(openid.encode()).hexdigest()[:24]}"


def official_openid_of(openid: str) -> str:
    """Give the id by which the official account knows the person whom the mini-app knows by `openid`."""
    return f"oOff{hashlib.sha256(b'official' + openid.encode()).hexdigest()[:24]}"
