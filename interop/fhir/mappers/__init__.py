"""One module for each kind of resource: what it becomes."""
