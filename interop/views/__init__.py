"""Pages of other systems' messages."""
