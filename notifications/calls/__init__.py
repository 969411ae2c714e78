"""The call list (回访名单): whom somebody has to call, who does it, and what comes of it."""
