"""What can keep the hospital from starting on this machine, in words for the person who started it."""


class CannotStart(Exception):
    """Something that a person has to set right; the text says what, in Chinese and English."""
