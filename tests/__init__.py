"""The same tree again, plus journeys/ (whole stories) and house/ (the architecture)."""
