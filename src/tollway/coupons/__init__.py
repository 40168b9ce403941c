"""Codes that their holders turn into credits."""
