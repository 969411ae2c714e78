"""What can wait is told together at set times, each item once."""
