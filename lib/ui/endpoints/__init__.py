"""The endpoints page, and the endpoints of a session."""
