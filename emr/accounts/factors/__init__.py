"""The second factor: what counts as one, who must have one, and that nothing is shown before it was given."""
