"""Text out of attached files, and its place in a prompt."""
