"""What an empty database is given at the first start, so that the first call needs no preparation."""

from msgspec import Struct

from tollway.audit.types import Actor
from tollway.credits.types import GrantType
from tollway.flows.grant_credits import GrantCredits, WantedGrant
from tollway.flows.manage_accounts import ManageAccounts
from tollway.flows.manage_keys import ManageKeys
from tollway.keys.types import KeyKind, NewKey

FIRST_EMAIL = "owner@example.com"
FIRST_KEY_NAME = "first key"


class FirstAccount(Struct, frozen=True):
    """The first account as it is shown once: neither password nor key can be read again."""

    email: str
    password: str
    key: str
    balance_credits: int


async def create_first_account(
    accounts: ManageAccounts, keys: ManageKeys, grants: GrantCredits, actor: Actor, *, welcome_credits: int
) -> FirstAccount | None:
    """Make an account with a key and a welcome grant, unless there is any account already."""
    if await accounts.list_all():
        return None
    account, password = await accounts.create(FIRST_EMAIL, is_operator=True)
    balance_credits = 0
    if welcome_credits:
        welcome = WantedGrant(amount_credits=welcome_credits, kind=GrantType.BONUS, reference=f"welcome-{account.id}")
        balance_credits = (await grants.grant(actor, account.id, welcome)).balance.posted_credits
    _, key = await keys.create(account.email, NewKey(name=FIRST_KEY_NAME, kind=KeyKind.API))
    return FirstAccount(account.email, password, key, balance_credits)
