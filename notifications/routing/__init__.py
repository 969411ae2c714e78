"""Which ways a message takes, when, and how often: routes as data, quiet hours, caps, preferences."""
