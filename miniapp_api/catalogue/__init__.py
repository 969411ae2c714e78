"""What the hospital offers: departments and practitioners."""
