"""How accounts refuse."""

from tollway.kit.errors import (
    AuthenticationError,
    BadRequestError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    TooManyRequestsError,
)


class WrongEmailError(BadRequestError):
    """The text is no email address that this server takes."""

    default_code = "invalid_email"


class WeakPasswordError(BadRequestError):
    """The password is too short, too long or too well known."""

    default_code = "weak_password"


class AccountExistsError(ConflictError):
    """Another account has this email address."""

    default_code = "account_exists"


class UnknownAccountError(NotFoundError):
    """No account has this email address or id."""

    default_code = "account_not_found"


class AccountDisabledError(ConflictError):
    """The account is disabled, and what was asked needs an active one."""

    default_code = "account_disabled"


class LastOperatorError(ConflictError):
    """Nobody could run the platform any more."""

    default_code = "last_operator"


class WrongCredentialsError(AuthenticationError):
    """There is no such account, or this is not its password: nobody is told which."""

    default_code = "wrong_credentials"


class TooManyTriesError(TooManyRequestsError):
    """Somebody tries passwords too often."""

    default_code = "too_many_tries"


class WrongPasswordError(BadRequestError):
    """This is not the password of whoever is signed in."""

    default_code = "wrong_password"


class SignUpClosedError(PermissionDeniedError):
    """Nobody makes an account by themselves on this server."""

    default_code = "sign_up_closed"


class InvitationRequiredError(PermissionDeniedError):
    """Only who was invited may make an account."""

    default_code = "invitation_required"


class InvalidInvitationError(PermissionDeniedError):
    """The invitation is unknown, used, over, or somebody else's: nobody is told which."""

    default_code = "invalid_invitation"


class InvalidLinkError(BadRequestError):
    """The link is unknown, used, over, or of an account that may not be used: nobody is told which."""

    default_code = "invalid_link"


class UnknownSessionError(NotFoundError):
    """The account has no such session."""

    default_code = "session_not_found"


class WrongInvitationError(BadRequestError):
    """An invitation cannot be made like this."""

    default_code = "invalid_invitation_request"
