"""Conversations from elsewhere and as files: import and export."""
