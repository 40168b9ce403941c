"""The ledger on SQLite: one process owns the books, reserves in memory and commits in groups."""
