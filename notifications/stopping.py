"""Whether this process is asked to stop: nothing new is begun then, what is under way is finished."""

_state = {"stopping": False}


def stop_beginning(value: bool = True) -> None:
    """Begin nothing new from now on; False takes it back, for the next worker in the same process."""
    _state["stopping"] = value


def is_stopping() -> bool:
    """Tell whether nothing new may begin."""
    return _state["stopping"]
