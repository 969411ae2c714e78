"""What patients ask, and the hospital's approved answers (统一用语)."""
