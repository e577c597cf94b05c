"""Files that people take away: tables, and what an answer has of them."""
