"""The ASGI app for everything that is not inference: all routes, what holds for each, and the OpenAPI document."""
