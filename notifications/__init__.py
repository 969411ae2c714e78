"""The hub: everything that the product tells anybody goes through here."""
