"""Tests of the call list."""
