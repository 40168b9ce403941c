"""How the catalogue fails."""

from tollway.kit.errors import ConflictError, NotFoundError, UnavailableError


class UnknownModelError(NotFoundError):
    """No model of that name is offered."""

    default_code = "model_not_found"


class ModelDeprecatedError(ConflictError):
    """A model that has a successor can be neither offered nor priced."""

    default_code = "model_deprecated"

    def __init__(self, model_id: str, successor: str) -> None:
        super().__init__(
            f"The model '{model_id}' is deprecated: callers are told to use '{successor}'. Remove the successor from "
            "its file to offer it again.",
            param="model",
        )


class CatalogUnreadableError(UnavailableError):
    """The operator's prices and switches cannot be read at present, so that those known before stay in force."""

    default_code = "catalog_unreadable"


class CatalogError(Exception):
    """A model file is wrong; the message names the file and the field. The server does not start with it."""
