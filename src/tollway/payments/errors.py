"""How payments refuse."""

from tollway.kit.errors import BadRequestError, ConflictError, ExpectedError, NotFoundError, UnavailableError


class NoPaymentProviderError(ConflictError):
    """No payment provider is configured, so nobody can pay."""

    default_code = "no_payment_provider"

    def __init__(self) -> None:
        super().__init__("This server has no payment provider configured.")


class NoPaymentEventsError(NotFoundError):
    """No payment provider is configured, so nobody has anything to tell."""

    def __init__(self) -> None:
        super().__init__("This server has no payment provider configured.")


class ProviderRefusedError(ExpectedError):
    """The payment provider does not do what it was asked: it refuses our credentials, or our request."""

    status = 502
    default_code = "payment_provider_refused"


class ProviderUnavailableError(UnavailableError):
    """The payment provider gave no answer; whether it did what it was asked is unknown."""

    default_code = "payment_provider_unavailable"


class ForgedEventError(BadRequestError):
    """Nothing proves that the payment provider sent this, or sent it now."""

    default_code = "invalid_signature"


class UnreadableEventError(BadRequestError):
    """The payment provider sent something in a form that is not known here."""

    default_code = "unreadable_event"


class PaymentMismatchError(ConflictError):
    """What the provider says of a payment contradicts what is stored of it, so that nothing was credited."""

    default_code = "payment_mismatch"


class UnknownPaymentError(NotFoundError):
    """There is no such payment."""

    default_code = "payment_not_found"


class RefundNotPossibleError(ConflictError):
    """There is nothing of the payment that could be given back."""

    default_code = "refund_not_possible"


class WrongRefundError(BadRequestError):
    """A field of a refund is out of range; ``field`` is its name."""

    default_code = "invalid_refund"

    def __init__(self, field: str, expected: str, received: str) -> None:
        super().__init__(f"{field}: expected {expected}, received {received}", param=field)
        self.field = field
        self.expected = expected
        self.received = received
