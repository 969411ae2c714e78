"""Low ratings: the rules that decide what is low, and the one complaint of a visit that they open."""
