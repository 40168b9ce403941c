"""How accounts refuse."""

from tollway.kit.errors import (
    AuthenticationError,
    BadRequestError,
    ConflictError,
    NotFoundError,
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
