"""Improvements and their effect."""
