"""Parley's library: everything but the pages."""
