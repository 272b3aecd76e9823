"""What is kept encrypted on the disk, and how it comes under a new key. The keys themselves: emr.keys."""
