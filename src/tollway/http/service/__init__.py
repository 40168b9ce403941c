"""The ASGI app for everything that is not inference: models, health, metrics, documentation."""
