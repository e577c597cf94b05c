"""The ledger of calls, and its sums."""
