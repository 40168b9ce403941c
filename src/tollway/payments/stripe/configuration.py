"""When Stripe takes the payments: its secrets come from the environment, everything else from the settings."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from tollway.kit.settings import PaymentSettings, SettingsError
from tollway.payments.stripe.provider import StripeProvider

SECRET_KEY_VARIABLE = "TOLLWAY_STRIPE_SECRET_KEY"  # noqa: S105 - The name of the variable, not what it holds.
WEBHOOK_SECRET_VARIABLE = "TOLLWAY_STRIPE_WEBHOOK_SECRET"  # noqa: S105 - As above.
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def stripe_provider(settings: PaymentSettings, environment: Mapping[str, str]) -> StripeProvider | None:
    """Return Stripe as the provider; None where the environment has none of its secrets.

    Raises:
        SettingsError: one secret is there without the other: either nobody could pay, or payments would bring nothing.
            Or the secret key would travel readable.
    """
    found = {name: environment.get(name, "").strip() for name in (SECRET_KEY_VARIABLE, WEBHOOK_SECRET_VARIABLE)}
    if not any(found.values()):
        return None
    for name, value in found.items():
        if not value:
            other = next(one for one in found if one != name)
            raise SettingsError(f"The environment variable {other} is set, and {name} is not; Stripe needs both")
    parts = urlsplit(settings.stripe_api_url)
    if not parts.hostname or (parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK)):
        raise SettingsError("payments.stripe_api_url: expected an address that begins with https://")
    return StripeProvider(
        api_key=found[SECRET_KEY_VARIABLE],
        webhook_secret=found[WEBHOOK_SECRET_VARIABLE],
        api_url=settings.stripe_api_url.rstrip("/"),
    )
