"""Django's own admin site, for superusers alone: to look at the machinery, not at the record."""
