"""Every write of time."""
