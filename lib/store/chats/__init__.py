"""Conversations, their messages and images."""
