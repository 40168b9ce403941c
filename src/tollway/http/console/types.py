"""What the web app's endpoints need from the rest of the product."""

from dataclasses import dataclass

from tollway.flows.low_balance import SetLowBalanceNotice
from tollway.flows.set_password import SetPassword
from tollway.flows.sign_up import SignUp
from tollway.flows.single_sign_on import SingleSignOn


@dataclass(frozen=True, kw_only=True)
class ConsoleFlows:
    """What people do with their accounts.

    Attributes:
        sign_up: makes accounts.
        set_password: changes passwords, and sets new ones by links.
        single_sign_on: signs people in whom a provider knows.
        low_balance: what people choose of notices of a low balance.
        sends_mail: whether mail goes out.
    """

    sign_up: SignUp
    set_password: SetPassword
    single_sign_on: SingleSignOn
    low_balance: SetLowBalanceNotice
    sends_mail: bool
