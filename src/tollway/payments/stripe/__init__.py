"""Payments through Stripe: its checkout pages, saved methods, refunds and webhooks."""
