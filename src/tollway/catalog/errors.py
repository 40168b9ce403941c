"""How the catalogue fails."""

from tollway.kit.errors import NotFoundError


class UnknownModelError(NotFoundError):
    """No model of that name is offered."""

    default_code = "model_not_found"


class CatalogError(Exception):
    """A model file is wrong; the message names the file and the field. The server does not start with it."""
