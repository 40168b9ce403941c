"""The inference endpoints, answered in the fast lane."""
