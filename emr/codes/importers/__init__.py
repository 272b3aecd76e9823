"""How files become concepts: one row type, one error type, one reader for each kind of file."""
