"""How the database goes about the hot statements: which rows it touches, not how long it takes."""
