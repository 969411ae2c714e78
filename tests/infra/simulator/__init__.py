"""The simulated platform, tried in this process and as one of its own."""
