"""The command line of the ledger: reports, imports, spending."""
