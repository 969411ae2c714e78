"""How fast the product is, always as a ratio to the least code that does the same: `make bench`."""
