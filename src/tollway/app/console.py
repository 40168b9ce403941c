"""The flows behind the web app's endpoints, put together."""

from tollway.accounts.passwords import PasswordHasher
from tollway.credits.types import Ledger
from tollway.flows.low_balance import SetLowBalanceNotice
from tollway.flows.set_password import SetPassword
from tollway.flows.sign_in import SignIn
from tollway.flows.sign_up import SignUp
from tollway.flows.sign_up_grants import BookSignUpGrants
from tollway.flows.single_sign_on import SingleSignOn
from tollway.http.service.types import ConsoleFlows
from tollway.kit.clock import Clock
from tollway.kit.database import Database
from tollway.kit.settings import Settings
from tollway.mail.outbox import Outbox
from tollway.single_sign_on.port import IdentityProvider


def console_flows(  # noqa: PLR0913 - The parts that it is put together from.
    database: Database,
    ledger: Ledger,
    clock: Clock,
    *,
    settings: Settings,
    sign_in: SignIn,
    outbox: Outbox,
    public_url: str,
    identity_provider: IdentityProvider | None,
    signing_key: bytes,
) -> ConsoleFlows:
    """Wire what people do with their accounts."""
    passwords = PasswordHasher()
    grants = BookSignUpGrants(database, ledger, clock)
    sign_up = SignUp(database, clock, passwords, sign_in=sign_in, grants=grants, settings=settings.accounts)
    return ConsoleFlows(
        sign_up=sign_up,
        single_sign_on=SingleSignOn(
            database,
            clock,
            passwords,
            sign_in=sign_in,
            sign_up=sign_up,
            provider=identity_provider,
            name=settings.single_sign_on.name,
            allowed_domains=settings.single_sign_on.allowed_domains,
            signing_key=signing_key,
        ),
        set_password=SetPassword(database, clock, passwords, outbox, public_url),
        low_balance=SetLowBalanceNotice(database, clock),
        sends_mail=outbox.is_configured,
    )
