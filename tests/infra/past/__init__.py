"""A past made by statements."""
