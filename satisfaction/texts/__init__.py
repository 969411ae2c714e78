"""What patients write: which words it is read for, what the platform says of it, how others see it."""
