"""What is typed about other systems' messages."""
