"""Credits: the double-entry ledger, holds and settlements, rate cards."""
