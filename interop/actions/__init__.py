"""Writes of other systems' messages."""
