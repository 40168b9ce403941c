"""The callers' endpoints beside inference: keys, billing, usage, logs, models, health, metrics and pages."""
