"""``tollway payment``: what was paid, and giving it back."""

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tollway.cli.actor import command_line_actor
from tollway.cli.books import open_books, through_owner
from tollway.cli.options import AsJson, ConfigFile, DataDir, read_settings
from tollway.cli.output import day_and_time, print_json, print_table
from tollway.cli.workspace import finish, open_database
from tollway.http.admin.messages import Refund, Refunded
from tollway.kit.clock import iso_utc
from tollway.kit.money import CENTS_PER_USD
from tollway.kit.settings import Settings, process_environment

if TYPE_CHECKING:
    from tollway.payments.types import Payment, PaymentStatus

app = typer.Typer(help="See payments, and give them back.", no_args_is_help=True)
_USD_MAX = 10_000


@app.command("list")
def list_payments(
    *,
    account: Annotated[str | None, typer.Option(metavar="EMAIL", help="Only payments of this account.")] = None,
    status: Annotated[
        Literal["open", "paid", "failed", "expired", "refunded", "partially_refunded"] | None,
        typer.Option(help="Only payments that have come so far."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most payments to show.")] = 50,
    before: Annotated[str | None, typer.Option(metavar="ID", help="Only payments before this one.")] = None,
    data_dir: DataDir = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """List the newest payments, newest first."""
    from tollway.payments.types import PaymentStatus

    wanted = None if status is None else PaymentStatus(status)
    found = finish(_list(read_settings(data_dir, config), account, wanted, limit, before))
    if as_json:
        print_json({"payments": [_view(payment) for payment in found]})
        return
    rows = [
        (
            day_and_time(payment.created_at_ms),
            payment.id,
            payment.account_id,
            payment.kind,
            payment.status if payment.failure is None else f"{payment.status}: {payment.failure}",
            _usd(payment.amount_cents),
            _usd(payment.refunded_cents) if payment.refunded_cents else "",
            payment.unrecovered_credits or "",
        )
        for payment in found
    ]
    columns = ("begun", "payment", "account", "kind", "status", "amount", "refunded", "unrecovered credits")
    print_table(columns, rows, "There is no payment.")


@app.command()
def refund(
    payment_id: Annotated[str, typer.Argument(metavar="PAYMENT", help="The payment's id.")],
    *,
    usd: Annotated[str | None, typer.Option(metavar="USD", help="How much; all that is left without.")] = None,
    data_dir: DataDir = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Give a payment back, or a part of it, and take back the credits that it brought, as far as they are there."""
    settings = read_settings(data_dir, config)
    wanted = Refund(payment_id=payment_id, user=command_line_actor().name, amount_usd=_checked(usd))
    done = through_owner(settings, wanted, Refunded, lambda: _refund_here(settings, wanted))
    if as_json:
        print_json(
            {
                "payment_id": done.payment_id,
                "status": done.status,
                "refunded_usd": done.refunded_cents / CENTS_PER_USD,
                "unrecovered_credits": done.unrecovered_credits,
            }
        )
        return
    print(f"Of the payment {done.payment_id} {_usd(done.refunded_cents)} have been given back; it is {done.status}.")
    if done.unrecovered_credits:
        print(f"{done.unrecovered_credits:,} of its credits were spent, and could not be taken back.")


async def _list(
    settings: Settings, account: str | None, status: "PaymentStatus | None", limit: int, before: str | None
) -> "list[Payment]":
    from tollway.flows.read_payments import ReadPayments

    async with open_database(settings) as database:
        payments = ReadPayments(database)
        return await payments.page(at_most=limit, before_id=before, account=account, status=status)


async def _refund_here(settings: Settings, wanted: Refund) -> Refunded:
    from tollway.flows.refund_payment import RefundPayment
    from tollway.http.admin.server import refunded, wanted_amount_usd
    from tollway.kit.clock import SystemClock
    from tollway.payments.stripe.configuration import stripe_provider

    provider = stripe_provider(settings.payments, process_environment())
    async with open_books(settings) as (database, books):
        flow = RefundPayment(database, books, SystemClock(), provider)
        return refunded(await flow.refund(command_line_actor(), wanted.payment_id, wanted_amount_usd(wanted)))


def _checked(usd: str | None) -> str | None:
    """Refuse what is no amount before anybody is asked."""
    if usd is None:
        return None
    try:
        is_amount = 0 < Decimal(usd) <= _USD_MAX
    except InvalidOperation:
        is_amount = False
    if not is_amount:
        raise typer.BadParameter(f"expected US dollars up to {_USD_MAX}, received '{usd}'", param_hint="--usd")
    return usd


def _usd(amount_cents: int) -> str:
    return f"${amount_cents / CENTS_PER_USD:,.2f}"


def _view(payment: "Payment") -> dict[str, object]:
    return {
        "id": payment.id,
        "account_id": payment.account_id,
        "provider": payment.provider,
        "kind": payment.kind,
        "status": payment.status,
        "amount_usd": payment.amount_cents / CENTS_PER_USD,
        "credits": payment.amount_credits,
        "refunded_usd": payment.refunded_cents / CENTS_PER_USD,
        "unrecovered_credits": payment.unrecovered_credits,
        "failure": payment.failure,
        "provider_session": payment.provider_session,
        "provider_payment": payment.provider_payment,
        "created_at": iso_utc(payment.created_at_ms),
        "updated_at": iso_utc(payment.updated_at_ms),
    }
