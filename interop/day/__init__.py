"""A whole clinic day without a browser: import, book, check in, chart, sign, charge, claim, print, read back."""
