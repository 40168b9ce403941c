"""What the endpoints need from the rest of the product."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec import Struct
from prometheus_client import CollectorRegistry

from tollway.audit.types import Actor
from tollway.catalog.service import Catalog
from tollway.catalog.types import Model
from tollway.credits.rate_cards import RateCards
from tollway.flows.begin_top_up import BeginTopUp
from tollway.flows.grant_credits import GrantCredits
from tollway.flows.low_balance import SetLowBalanceNotice
from tollway.flows.manage_accounts import ManageAccounts
from tollway.flows.manage_coupons import ManageCoupons
from tollway.flows.own_keys import OwnKeys
from tollway.flows.own_presets import OwnPresets
from tollway.flows.preview_prices import PreviewPrices
from tollway.flows.read_account_logs import ReadAccountLogs
from tollway.flows.read_accounts import ReadAccounts
from tollway.flows.read_audit import ReadAudit
from tollway.flows.read_billing import ReadBilling
from tollway.flows.read_books import ReadBooks
from tollway.flows.read_logs import ReadLogs
from tollway.flows.read_month_statement import ReadMonthStatement
from tollway.flows.read_payments import ReadPayments
from tollway.flows.read_usage import ReadUsage
from tollway.flows.receive_payment_event import ReceivePaymentEvent
from tollway.flows.redeem_coupon import RedeemCoupon
from tollway.flows.refund_payment import RefundPayment
from tollway.flows.set_auto_top_up import SetAutoTopUp
from tollway.flows.set_password import SetPassword
from tollway.flows.set_prices import SetPrices
from tollway.flows.sign_in import SignIn
from tollway.flows.sign_up import SignUp
from tollway.flows.single_sign_on import SingleSignOn
from tollway.flows.switch_models import SwitchModels
from tollway.keys.last_used import LastUsed
from tollway.keys.request_rate import RequestRate
from tollway.keys.types import KeySnapshot
from tollway.kit.clock import Clock
from tollway.kit.settings_report import SettingsReport
from tollway.upstreams.report import UpstreamsReport
from tollway.usage.model_metrics import ModelMetrics


class Serving(Struct, frozen=True):
    """Who answers for a model: the upstream's name, or None when none is configured.

    ``is_stand_in`` says that a smaller model answers in the place of the one that was asked for;
    ``default_output_tokens`` is the upstream's own cap of an answer whose caller names none, or None.
    """

    upstream: str | None
    is_stand_in: bool = False
    default_output_tokens: int | None = None


@dataclass(frozen=True)
class Documents:
    """Makes OpenAPI documents; it is handed to the routes because these are themselves described there.

    Attributes:
        whole: describes every endpoint, for the models that can be called and the server's own address.
        of_model: describes the endpoint of one model.
    """

    whole: Callable[[tuple[Model, ...], str], dict[str, Any]]
    of_model: Callable[[Model, str], dict[str, Any]]


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


@dataclass(frozen=True, kw_only=True)
class ServiceDependencies:
    """What ``create_app`` wires into its handlers.

    Attributes:
        catalog: the models on offer.
        serving: says who answers for a model.
        public_url: the server's own address, without a slash at its end.
        cors_origins: origins that browsers may call from; ``*`` is any.
        clock: for the timestamps of errors.
        registry: the metrics to show.
        checks: what must hold for the server to take requests, such as ``database`` and ``ledger``, by name.
        web_app_folder: where the web app was built, if it was.
        engine_state: a word for the embedded engine's state, such as ``ready``, ``loading`` or ``disabled``.
        keys: who calls.
        own_keys: what accounts do with their API keys.
        own_presets: what people save in the playground.
        last_used: where the use of keys is noted.
        sign_in: who is signed in.
        model_metrics: how fast the models answer.
        usage: what keys have used.
        logs: what keys have called, and how each bill came about.
        account_logs: what accounts have called, for their owners.
        month_statement: how the balance of an account went through a month.
        log_rate: how often a key may read the log.
        export_rate: how often an account may fetch its log as a table.
        checkout_rate: how often an account may begin to pay.
        billing: what the owner of an account sees of its money.
        auto_top_up: changes when an account is topped up by itself.
        begin_top_up: begins payments.
        payment_events: books what the payment provider tells.
        rate_cards: what the models cost.
        set_prices: what the operator does to prices.
        preview_prices: what other prices would have earned.
        switch_models: takes models off the offer, and brings them back.
        upstreams: says how the upstreams are doing.
        redeem_coupon: turns coupons into credits.
        operator: what is done for the operator.
        console: what people do with their accounts in the web app.
    """

    catalog: Catalog
    serving: Callable[[Model], Serving]
    public_url: str
    clock: Clock
    registry: CollectorRegistry
    keys: KeySnapshot
    own_keys: OwnKeys
    own_presets: OwnPresets
    last_used: LastUsed
    sign_in: SignIn
    model_metrics: ModelMetrics
    usage: ReadUsage
    logs: ReadLogs
    account_logs: ReadAccountLogs
    month_statement: ReadMonthStatement
    log_rate: RequestRate
    export_rate: RequestRate
    checkout_rate: RequestRate
    billing: ReadBilling
    auto_top_up: SetAutoTopUp
    begin_top_up: BeginTopUp
    payment_events: ReceivePaymentEvent
    rate_cards: RateCards
    set_prices: SetPrices
    preview_prices: PreviewPrices
    switch_models: SwitchModels
    upstreams: Callable[[], UpstreamsReport]
    redeem_coupon: RedeemCoupon
    operator: OperatorFlows
    console: ConsoleFlows
    cors_origins: tuple[str, ...] = ("*",)
    checks: Mapping[str, Callable[[], Awaitable[bool]]] = field(default_factory=dict)
    web_app_folder: Path | None = None
    engine_state: Callable[[], str] = lambda: "disabled"
