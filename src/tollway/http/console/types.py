"""What the web app's endpoints need from the rest of the product."""

from dataclasses import dataclass

from tollway.flows.low_balance import SetLowBalanceNotice
from tollway.flows.read_account_logs import ReadAccountLogs
from tollway.flows.read_month_statement import ReadMonthStatement
from tollway.flows.set_password import SetPassword
from tollway.flows.sign_up import SignUp
from tollway.flows.single_sign_on import SingleSignOn
from tollway.keys.request_rate import RequestRate


@dataclass(frozen=True, kw_only=True)
class ConsoleFlows:
    """What people do with their accounts.

    Attributes:
        sign_up: makes accounts.
        set_password: changes passwords, and sets new ones by links.
        single_sign_on: signs people in whom a provider knows.
        low_balance: what people choose of notices of a low balance.
        logs: what accounts have called, for their owners.
        export_rate: how often an account may fetch its log as a table.
        month_statement: how the balance of an account went through a month.
        sends_mail: whether mail goes out.
    """

    sign_up: SignUp
    set_password: SetPassword
    single_sign_on: SingleSignOn
    low_balance: SetLowBalanceNotice
    logs: ReadAccountLogs
    export_rate: RequestRate
    month_statement: ReadMonthStatement
    sends_mail: bool
