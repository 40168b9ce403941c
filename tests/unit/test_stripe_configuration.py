import subprocess
import sys

import pytest

from tollway.kit.settings import PaymentSettings, SettingsError
from tollway.payments.port import PaymentProvider
from tollway.payments.stripe.configuration import SECRET_KEY_VARIABLE, WEBHOOK_SECRET_VARIABLE, stripe_provider

BOTH = {SECRET_KEY_VARIABLE: "sk_test_a1b2c3d4", WEBHOOK_SECRET_VARIABLE: "whsec_a1b2c3d4"}


def test_without_secrets_there_is_no_provider() -> None:
    assert stripe_provider(PaymentSettings(), {}) is None
    assert stripe_provider(PaymentSettings(), dict.fromkeys(BOTH, " ")) is None


def test_both_secrets_make_a_provider() -> None:
    provider: PaymentProvider | None = stripe_provider(PaymentSettings(), BOTH)

    assert provider is not None
    assert provider.name == "stripe"
    assert [value for value in BOTH.values() if value in repr(provider)] == []


@pytest.mark.parametrize("missing", [SECRET_KEY_VARIABLE, WEBHOOK_SECRET_VARIABLE])
@pytest.mark.parametrize("blank", [True, False])
def test_one_secret_is_refused_without_being_shown(missing: str, blank: bool) -> None:
    environment = {**BOTH, missing: "\n"} if blank else {name: BOTH[name] for name in BOTH if name != missing}

    with pytest.raises(SettingsError, match=f"{missing} is not") as refusal:
        stripe_provider(PaymentSettings(), environment)

    assert [value for value in BOTH.values() if value in str(refusal.value)] == []


@pytest.mark.parametrize("url", ["http://api.stripe.com", "http://localhost.example.com", "ftp://127.0.0.1", "api", ""])
def test_the_secret_key_never_travels_readable(url: str) -> None:
    with pytest.raises(SettingsError, match="stripe_api_url"):
        stripe_provider(PaymentSettings(stripe_api_url=url), BOTH)


@pytest.mark.parametrize("url", ["https://stripe.example.com/", "http://127.0.0.1:9000", "http://[::1]:9000"])
def test_other_addresses_can_be_set(url: str) -> None:
    assert stripe_provider(PaymentSettings(stripe_api_url=url), BOTH) is not None


def test_nothing_that_starts_imports_the_library() -> None:
    program = (
        "import sys; import tollway.app.serve, tollway.cli.commands, tollway.http.asgi.app;"
        "from tollway.payments.stripe.configuration import stripe_provider;"
        "from tollway.kit.settings import PaymentSettings;"
        f"stripe_provider(PaymentSettings(), {BOTH}); print('stripe' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"
