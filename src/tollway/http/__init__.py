"""Surfaces: the connection and its fast lane, the service endpoints, errors."""
