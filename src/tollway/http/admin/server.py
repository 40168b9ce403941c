"""The server's end of the admin socket."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path

import msgspec

from tollway.audit.types import Actor, ActorKind
from tollway.credits.types import GrantType
from tollway.flows.grant_credits import GrantCredits, WantedGrant, WrongGrantError
from tollway.flows.refund_payment import RefundPayment
from tollway.http.admin.address import socket_address, socket_path
from tollway.http.admin.messages import (
    LINE_BYTES_MAX,
    Answer,
    Done,
    Grant,
    Granted,
    ListUpstreams,
    Ping,
    RefreshCatalog,
    RefreshKeys,
    Refund,
    Refunded,
    Refused,
    Request,
    ServerInfo,
    Upstreams,
    decode_request,
    encode,
)
from tollway.kit.errors import BadRequestError, ExpectedError
from tollway.payments.errors import WrongRefundError
from tollway.payments.types import Payment
from tollway.upstreams.report import UpstreamsReport
from tollway.wire.refusals import describe

_OWNER_ONLY = 0o600


class AdminCommands:
    """What the server does when it is asked."""

    def __init__(  # noqa: PLR0913 - Each is one thing that can be asked for.
        self,
        info: ServerInfo,
        grants: GrantCredits,
        refresh_keys: Callable[[], Awaitable[None]],
        *,
        refresh_catalog: Callable[[], Awaitable[None]],
        upstreams: Callable[[], UpstreamsReport],
        refunds: RefundPayment,
    ) -> None:
        self._info = info
        self._grants = grants
        self._refresh_keys = refresh_keys
        self._refresh_catalog = refresh_catalog
        self._upstreams = upstreams
        self._refunds = refunds

    async def answer(self, request: Request) -> Answer:
        """Do what is asked.

        Raises:
            ExpectedError: it is refused or failed.
        """
        match request:
            case Ping():
                return self._info
            case RefreshKeys():
                await self._refresh_keys()
                return Done()
            case RefreshCatalog():
                await self._refresh_catalog()
                return Done()
            case ListUpstreams():
                return Upstreams(self._upstreams())
            case Grant():
                actor = Actor(ActorKind.COMMAND_LINE, request.user)
                made = await self._grants.grant(actor, request.email, wanted_grant(request))
                return Granted(made.balance.posted_credits)
            case Refund():
                actor = Actor(ActorKind.COMMAND_LINE, request.user)
                payment = await self._refunds.refund(actor, request.payment_id, wanted_amount_usd(request))
                return refunded(payment)


class AdminSocket:
    """The listening socket; the lock of the ledger must be held, so that a socket that is found is a dead one."""

    def __init__(self, data_path: Path, commands: AdminCommands) -> None:
        self._path = socket_path(data_path)
        self._commands = commands
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamReader] = {}

    async def open(self) -> None:
        """Listen in the data folder, for the folder's owner alone."""
        self._path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with socket_address(self._path.parent) as address:
            listener.bind(address)
        # Nobody can connect before the server listens, so there is no moment at which others could.
        self._path.chmod(_OWNER_ONLY)
        self._server = await asyncio.start_unix_server(self._accept, sock=listener, limit=LINE_BYTES_MAX)

    async def close(self) -> None:
        """Stop listening, remove the socket's file, and give the answers that are under way."""
        if self._server is None:
            return
        self._server.close()
        self._path.unlink(missing_ok=True)
        for reader in self._connections.values():
            reader.feed_eof()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections[task] = reader
        task.add_done_callback(self._connections.pop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(encode(await _answer(line, self._commands)) + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            # The command is gone, or its line is longer than any that a command sends.
            return
        finally:
            writer.close()


async def _answer(line: bytes, commands: AdminCommands) -> Answer:
    try:
        return await commands.answer(decode_request(line))
    except msgspec.DecodeError as error:
        return Refused(BadRequestError.status, f"Not a request of this server: {error}", None)
    except ExpectedError as error:
        return Refused(error.status, error.message, error.code)


def wanted_grant(request: Grant) -> WantedGrant:
    """Read what a command wants to be granted.

    Raises:
        WrongGrantError: there is no such type.
    """
    if request.type not in set(GrantType):
        raise WrongGrantError("type", f"one of {', '.join(GrantType)}", describe(request.type))
    return WantedGrant(
        amount_credits=request.credits,
        kind=GrantType(request.type),
        reference=request.reference,
        lasts_days=request.expires_in_days,
    )


def wanted_amount_usd(request: Refund) -> Decimal | None:
    """Read how much a command wants to be given back.

    Raises:
        WrongRefundError: it is no number.
    """
    if request.amount_usd is None:
        return None
    try:
        amount_usd = Decimal(request.amount_usd)
    except InvalidOperation:
        amount_usd = Decimal("NaN")
    if not amount_usd.is_finite():
        raise WrongRefundError("amount", "a number of US dollars", describe(request.amount_usd))
    return amount_usd


def refunded(payment: Payment) -> Refunded:
    """Tell what has become of a payment."""
    return Refunded(payment.id, payment.status, payment.refunded_cents, payment.unrecovered_credits)


def server_info(version: str, url: str, started_at_ms: int) -> ServerInfo:
    """Describe this process."""
    return ServerInfo(pid=os.getpid(), version=version, url=url, started_at_ms=started_at_ms)
