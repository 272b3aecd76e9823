"""Pages of time."""
