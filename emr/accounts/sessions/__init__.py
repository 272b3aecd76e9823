"""Sessions: how long one lasts, confirming who one is, what was typed when one ended, where a person is logged in."""
