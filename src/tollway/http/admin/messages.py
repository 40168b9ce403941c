"""What commands and the server say to each other: one JSON object a line, one answer for each request.

Whoever can write to the socket owns the data folder, so no request proves who sends it.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from tollway.upstreams.report import UpstreamsReport

LINE_BYTES_MAX = 64 * 1024
"""Longest request."""
ANSWER_BYTES_MAX = 16 * 1024 * 1024
"""Longest answer: there may be many upstreams with many models."""


class Ping(Struct, frozen=True, tag="ping", tag_field="command", forbid_unknown_fields=True):
    """Asks who is there; answered with `ServerInfo`."""


class RefreshKeys(Struct, frozen=True, tag="refresh_keys", tag_field="command", forbid_unknown_fields=True):
    """Says that keys have changed; answered with `Done` when the server has read them."""


class RefreshCatalog(Struct, frozen=True, tag="refresh_catalog", tag_field="command", forbid_unknown_fields=True):
    """Says that prices or switches of models have changed; answered with `Done` when the server uses them."""


class ListUpstreams(Struct, frozen=True, tag="list_upstreams", tag_field="command", forbid_unknown_fields=True):
    """Asks how the upstreams are doing; answered with `Upstreams`."""


class Grant(Struct, frozen=True, tag="grant", tag_field="command", forbid_unknown_fields=True):
    """Asks for credits to be added to an account in the name of a user of the machine; answered with `Granted`."""

    email: str
    credits: int
    type: str
    user: str
    reference: Annotated[str, Meta(min_length=1)] | None = None
    expires_in_days: int | None = None


class Refund(Struct, frozen=True, tag="refund", tag_field="command", forbid_unknown_fields=True):
    """Asks for a payment to be given back in the name of a user of the machine; answered with `Refunded`.

    ``amount_usd`` is a decimal number of US dollars; None is all that is left.
    """

    payment_id: str
    user: str
    amount_usd: str | None = None


Request = Ping | RefreshKeys | RefreshCatalog | ListUpstreams | Grant | Refund


class ServerInfo(Struct, frozen=True, tag="info", tag_field="answer"):
    """The server that owns the data folder."""

    pid: int
    version: str
    url: str
    started_at_ms: int


class Done(Struct, frozen=True, tag="done", tag_field="answer"):
    """It was done."""


class Granted(Struct, frozen=True, tag="granted", tag_field="answer"):
    """The account's balance after a grant, durable."""

    balance_credits: int


class Refunded(Struct, frozen=True, tag="refunded", tag_field="answer"):
    """The payment after a refund, with what was given back in all and what could not be taken back of its credits."""

    payment_id: str
    status: str
    refunded_cents: int
    unrecovered_credits: int


class Upstreams(Struct, frozen=True, tag="upstreams", tag_field="answer"):
    """How the upstreams are doing."""

    report: UpstreamsReport


class Refused(Struct, frozen=True, tag="refused", tag_field="answer"):
    """An expected failure, with the status that it would have over HTTP."""

    status: int
    message: str
    code: str | None


Answer = ServerInfo | Done | Granted | Refunded | Upstreams | Refused

decode_request = msgspec.json.Decoder(Request).decode
decode_answer = msgspec.json.Decoder(Answer).decode
encode = msgspec.json.Encoder().encode
