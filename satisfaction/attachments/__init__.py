"""Pictures and voice that people add to a complaint: checked, cleaned, kept sealed in a store, shown to few."""
