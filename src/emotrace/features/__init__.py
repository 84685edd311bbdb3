"""Feature sets, one per file: signal -> named array."""
