"""Bookings that staff make: for somebody who calls or stands at the desk, and places beyond the plan (加号)."""
