"""Reads of time, shaped for pages."""
