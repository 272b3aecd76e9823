"""Writes of the terminology: loading a release."""
