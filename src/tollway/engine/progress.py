"""How long work reports how far it is."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all; may raise to end the work."""
