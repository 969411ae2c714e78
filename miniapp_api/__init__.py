"""Booking, check-in and queue: for patients and the guide desk."""
