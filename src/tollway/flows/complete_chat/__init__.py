"""Answering a chat request: admit, set money aside, ask an upstream, relay, charge."""
