"""The embedded endpoint: a small model that comes with the set-up."""
