"""The flows behind the operator's endpoints, put together."""

from tollway.accounts.passwords import PasswordHasher
from tollway.credits.types import Ledger
from tollway.flows.grant_credits import GrantCredits
from tollway.flows.manage_accounts import ManageAccounts
from tollway.flows.manage_coupons import ManageCoupons
from tollway.flows.read_accounts import ReadAccounts
from tollway.flows.read_audit import ReadAudit
from tollway.flows.read_books import ReadBooks
from tollway.flows.read_payments import ReadPayments
from tollway.flows.refund_payment import RefundPayment
from tollway.http.service.types import OperatorFlows
from tollway.kit.clock import Clock
from tollway.kit.database import Database
from tollway.kit.settings_report import SettingsReport
from tollway.payments.port import PaymentProvider


def operator_flows(  # noqa: PLR0913, PLR0917 - The parts that they are put together from.
    database: Database,
    ledger: Ledger,
    clock: Clock,
    passwords: PasswordHasher,
    provider: PaymentProvider | None,
    settings: SettingsReport,
) -> OperatorFlows:
    """Wire what is done for the operator."""
    return OperatorFlows(
        accounts=ReadAccounts(database),
        manage_accounts=lambda actor: ManageAccounts(database, clock, passwords, actor),
        grants=GrantCredits(database, ledger, clock),
        coupons=ManageCoupons(database, clock),
        audit=ReadAudit(database),
        books=ReadBooks(database, clock),
        payments=ReadPayments(database),
        refunds=RefundPayment(database, ledger, clock, provider),
        settings=settings,
    )
