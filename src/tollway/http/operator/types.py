"""What the operator's endpoints need from the rest of the product."""

from collections.abc import Callable
from dataclasses import dataclass

from tollway.audit.types import Actor
from tollway.flows.grant_credits import GrantCredits
from tollway.flows.manage_accounts import ManageAccounts
from tollway.flows.manage_coupons import ManageCoupons
from tollway.flows.read_accounts import ReadAccounts
from tollway.flows.read_audit import ReadAudit
from tollway.flows.read_books import ReadBooks
from tollway.flows.read_payments import ReadPayments
from tollway.flows.refund_payment import RefundPayment
from tollway.kit.settings_report import SettingsReport


@dataclass(frozen=True, kw_only=True)
class OperatorFlows:
    """What is done for the operator.

    Attributes:
        accounts: who the accounts are and what they have.
        manage_accounts: what somebody does with accounts; every entry of the audit trail has that actor's name.
        grants: what is done with credits.
        coupons: what is done with coupons.
        audit: who changed what.
        books: whether the books balance.
        payments: who paid what, and what became of it.
        refunds: gives payments back.
        settings: what is set, without secrets.
    """

    accounts: ReadAccounts
    manage_accounts: Callable[[Actor], ManageAccounts]
    grants: GrantCredits
    coupons: ManageCoupons
    audit: ReadAudit
    books: ReadBooks
    payments: ReadPayments
    refunds: RefundPayment
    settings: SettingsReport
