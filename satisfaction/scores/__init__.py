"""Scores: what patients say of the hospital, counted as they answer, shown with how sure it is, never of too few."""
