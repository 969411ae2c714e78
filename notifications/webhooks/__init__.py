"""Webhooks out: other systems of the hospital hear of what happens here, signed, once for each happening."""
