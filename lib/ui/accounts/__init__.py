"""Who may come in, and what admins see."""
