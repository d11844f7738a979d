"""Which tokens are hidden together: one file a unit, and what is done to those that are chosen."""
