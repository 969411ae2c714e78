"""The demonstration hospital, drawn and loaded."""
