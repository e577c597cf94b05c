"""What calls cost: prices, budgets, estimates of tokens."""
