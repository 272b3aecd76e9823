"""Reminding patients of visits: what a message says, when none is sent, how text messages leave and come back."""
