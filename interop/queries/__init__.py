"""Reads of other systems' messages."""
