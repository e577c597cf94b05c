"""Several models side by side: rounds of lanes, votes and ranking."""
