"""Accounts: who owns keys and credits."""
