"""Pages and fragments of the terminology."""
