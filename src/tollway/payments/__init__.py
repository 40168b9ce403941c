"""Money that comes in through a payment provider, and goes back through it."""
