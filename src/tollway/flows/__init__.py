"""Use-cases that combine features and own their transactions."""
