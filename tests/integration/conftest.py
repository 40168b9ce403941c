"""The fixtures of the integration tests that live longer than one file."""

from tests.support.engine import embedded_upstream, engine_endpoint, engine_weights

__all__ = ["embedded_upstream", "engine_endpoint", "engine_weights"]
