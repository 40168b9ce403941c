"""The embedded engine as an upstream."""
