"""How signing in with an account elsewhere fails."""

from tollway.kit.errors import BadRequestError, NotFoundError, PermissionDeniedError, UnavailableError


class SingleSignOnOffError(NotFoundError):
    """This server offers no single sign-on."""

    default_code = "single_sign_on_off"


class SingleSignOnFailedError(BadRequestError):
    """What came back does not prove who somebody is, or does not belong to what this browser began."""

    default_code = "single_sign_on_failed"


class SingleSignOnRefusedError(PermissionDeniedError):
    """Who somebody is was proved, and they may not come in by it; the code says why."""

    default_code = "single_sign_on_refused"


class SingleSignOnUnavailableError(UnavailableError):
    """The provider does not answer, or not as OpenID Connect says."""

    default_code = "single_sign_on_unavailable"
