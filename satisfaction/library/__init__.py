"""Why complaints come and what was learned: causes by taxonomy, and the library of closed cases."""
