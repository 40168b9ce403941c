"""Tollway: your own AI/ML API, one self-hosted gateway with accounts, keys and credits."""

__version__ = "0.1.0"
