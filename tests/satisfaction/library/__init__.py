"""The library of cases."""
