"""Presets of the playground: a model with its settings, saved under a name, and shared by a link where wanted."""
