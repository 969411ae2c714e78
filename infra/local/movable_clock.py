"""A clock that can be moved, for tests and simulations: the function that production defines as now() reads a table."""

MOVABLE_CLOCK = """
CREATE TABLE clock_shift (only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), shift interval NOT NULL);
INSERT INTO clock_shift (shift) VALUES ('0');
CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE AS
    'SELECT now() + shift FROM clock_shift';
"""
FORWARD = "UPDATE clock_shift SET shift = shift + $1"
