"""What is kept to be used again: prompts, written, changed, deleted, and in and out as files."""
