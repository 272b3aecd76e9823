"""The benchmark of the busiest pages: ``manage.py bench``."""
