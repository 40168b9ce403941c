"""Refusals of a chat request that no feature makes by itself."""

from tollway.kit.errors import ExpectedError, PermissionDeniedError, UnavailableError


class ModelNotPricedError(PermissionDeniedError):
    """The model is listed, but has no price yet."""

    default_code = "model_not_priced"

    def __init__(self, model_id: str) -> None:
        super().__init__(
            f"The model '{model_id}' has no price and cannot be called until the operator sets one.", param="model"
        )


class ScopeMissingError(PermissionDeniedError):
    """The key's scopes leave out this endpoint."""

    default_code = "scope_missing"


class ManagementKeyError(PermissionDeniedError):
    """A management key cannot run inference."""

    default_code = "management_key"


class ShuttingDownError(UnavailableError):
    """The server is stopping; another one, or this one a little later, will answer."""

    default_code = "shutting_down"

    def __init__(self) -> None:
        super().__init__("The server is shutting down; send the request again.", retry_after_s=5)


class InternalError(ExpectedError):
    """A bug here; says nothing of what it was."""

    default_code = "internal_error"

    def __init__(self) -> None:
        super().__init__("Internal server error")
