"""Reads of the terminology: search, look-up, validity."""
