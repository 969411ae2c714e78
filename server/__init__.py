"""The kernel that everybody stands on, and the composition on top."""
