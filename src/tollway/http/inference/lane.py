"""The fast lane: from a whole request to the flow and back, with no framework in between."""

import asyncio
import logging
import re
import time
from email.utils import formatdate

from msgspec import Struct
from msgspec.structs import replace

from tollway.flows.complete_chat.errors import ShuttingDownError
from tollway.flows.complete_chat.exchange import ChatCall
from tollway.flows.complete_chat.reply import Interruption
from tollway.flows.complete_chat.service import CompleteChat
from tollway.http.connection import Connection
from tollway.http.content_type import refuse_other_than_json
from tollway.http.cors import CorsPolicy
from tollway.http.errors import ErrorRenderer, MethodNotAllowedError
from tollway.http.inference.http_reply import HttpReply
from tollway.http.inference.playground_door import PlaygroundDoor
from tollway.http.inference.response_head import CallHeaders, common_lines
from tollway.http.request_head import RequestHead
from tollway.keys.errors import RateLimitedError
from tollway.keys.last_used import LastUsed
from tollway.keys.rate_limits import RateLimits
from tollway.keys.types import KeyEntry, KeySnapshot
from tollway.kit import ids
from tollway.kit.clock import Clock
from tollway.kit.errors import AuthenticationError, ExpectedError
from tollway.kit.metrics import Metrics

CLIENT_CLOSED_REQUEST = 499
"""What metrics and log call a request whose client left before an answer was sent; nobody is answered with it."""
KEY_PATHS = frozenset({"/v1/chat/completions", "/chat/completions"})
"""Where a key is asked for."""
PLAYGROUND_PATH = "/console/v1/chat/completions"
"""Where a session is asked for."""
PATHS = KEY_PATHS | {PLAYGROUND_PATH}
_CLIENT_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
_BEARER = b"bearer "
_log = logging.getLogger(__name__)


class LaneParts(Struct, frozen=True):
    """What the lane is made of."""

    flow: CompleteChat
    keys: KeySnapshot
    playground: PlaygroundDoor
    last_used: LastUsed
    rate_limits: RateLimits
    errors: ErrorRenderer
    cors: CorsPolicy
    clock: Clock
    metrics: Metrics
    tells_overhead: bool = False


class InferenceLane:
    """Answers the inference endpoints; every call has one task, which outlives its connection where it must."""

    def __init__(self, parts: LaneParts) -> None:
        self._parts = parts
        self._calls: dict[HttpReply, asyncio.Task[None]] = {}
        self._common = common_lines(parts.cors, None)
        self._is_stopping = False
        self._dated_s = 0
        self._date = b""

    @property
    def open_calls(self) -> int:
        """Calls under way."""
        return len(self._calls)

    def takes(self, path: str) -> bool:
        """Whether a path is an inference endpoint."""
        return path in PATHS

    def begin(self, connection: Connection, head: RequestHead, body: bytes) -> HttpReply:
        """Start to answer a request that has arrived whole."""
        inference_id = ids.inference_id()
        headers = self._headers(inference_id, head)
        began_s = time.monotonic() if self._parts.tells_overhead else None
        reply = HttpReply(
            connection, headers, keep_alive=head.keep_alive, chunked=not head.is_http_1_0, began_s=began_s
        )
        if head.method == "OPTIONS":
            self._answer_preflight(connection, head, headers)
            return reply
        task = connection.loop.create_task(self._serve(reply, headers, inference_id, head, body))
        reply.owner = self._calls[reply] = task
        return reply

    def refusal(self, head: RequestHead | None, error: ExpectedError) -> bytes:
        """Render the answer to a request that cannot be read on, after which the connection ends."""
        path = head.path if head is not None else "/"
        rendered = self._parts.errors.render(error, path)
        self._parts.metrics.requests.increment(path if self.takes(path) else "other", str(rendered.status))
        headers = self._headers(ids.inference_id() if self.takes(path) else None, head)
        return headers.refusal(rendered.status, rendered.headers, rendered.body, keep_alive=False)

    async def stop(self, drain_s: float) -> None:
        """Let the calls under way end within ``drain_s`` seconds, then interrupt those that are left."""
        self._is_stopping = True
        if self._calls:
            await asyncio.wait(self._calls.values(), timeout=drain_s)
        for reply in self._calls:
            reply.interrupt(Interruption.SHUTTING_DOWN)
        if self._calls:
            await asyncio.wait(self._calls.values())

    def _date_line(self) -> bytes:
        """Return the ``Date`` header, written anew once a second."""
        now_s = self._parts.clock.now_ms() // 1000
        if now_s != self._dated_s:
            self._dated_s = now_s
            self._date = b"date: " + formatdate(now_s, usegmt=True).encode() + b"\r\n"
        return self._date

    def _headers(self, inference_id: str | None, head: RequestHead | None) -> CallHeaders:
        if head is None:
            return CallHeaders(inference_id, None, self._date_line() + self._common)
        given = head.headers.get(b"x-client-request-id")
        valid = given.decode() if given is not None and _CLIENT_REQUEST_ID.fullmatch(given) else None
        origin = head.headers.get(b"origin")
        common = common_lines(self._parts.cors, origin) if origin is not None else self._common
        return CallHeaders(inference_id, valid, self._date_line() + common)

    async def _serve(
        self, reply: HttpReply, headers: CallHeaders, inference_id: str, head: RequestHead, body: bytes
    ) -> None:
        try:
            await self._call(reply, headers, inference_id, head, body)
        except ExpectedError as error:
            self._refuse(reply, error, head)
        except Exception as error:  # noqa: BLE001 - the border of the process: rendered, and logged with its trace
            # A bug before the flow took the request over: the caller learns that it is ours, the log learns all.
            _log.exception("inference request failed", extra={"inference_id": inference_id})
            self._refuse(reply, error, head)
        finally:
            del self._calls[reply]
            status = reply.sent_status or CLIENT_CLOSED_REQUEST
            self._parts.metrics.requests.increment(head.path, str(status))
            if _log.isEnabledFor(logging.DEBUG):
                _log.debug("answered", extra={"inference_id": inference_id, "path": head.path, "status": status})

    def _refuse(self, reply: HttpReply, error: Exception, head: RequestHead) -> None:
        """Answer with the error; a stream that has begun can only be cut, so that it does not look complete."""
        if reply.sent_status:
            reply.cut()
            return
        try:
            rendered = self._parts.errors.render(error, head.path)
            # What follows the head of an answer to HEAD would be taken for the next answer (RFC 9110, section 9.3.2).
            reply.send_refusal(rendered if head.method != "HEAD" else replace(rendered, body=b""))
        except Exception:  # noqa: BLE001 - a bug: nobody else would tell of it, and the client would wait
            _log.exception("a refusal could not be sent")
            reply.cut()

    async def _call(
        self, reply: HttpReply, headers: CallHeaders, inference_id: str, head: RequestHead, body: bytes
    ) -> None:
        parts = self._parts
        if head.method != "POST":
            raise MethodNotAllowedError(head.method, ("POST", "OPTIONS"))
        if self._is_stopping:
            raise ShuttingDownError
        path = head.path
        key = await parts.playground.admit(head) if path == PLAYGROUND_PATH else self._authenticate(head)
        now_ms = parts.clock.now_ms()
        parts.last_used.note(key.key_id, now_ms)
        refuse_other_than_json(_text(head, b"content-type"), _text(head, b"content-encoding"))
        try:
            permit = await parts.rate_limits.acquire(key)
        except RateLimitedError as error:
            headers.add_rate_limits(error.state)
            raise
        headers.add_rate_limits(permit.state)
        try:
            await parts.flow.run(
                ChatCall(
                    path=path,
                    inference_id=inference_id,
                    client_request_id=headers.client_request_id,
                    key=key,
                    body=body,
                    started_at_ms=now_ms,
                    started_s=parts.clock.monotonic_s(),
                ),
                reply,
            )
        finally:
            permit.release()

    def _authenticate(self, head: RequestHead) -> KeyEntry:
        given = head.headers.get(b"authorization", b"")
        if given[: len(_BEARER)].lower() == _BEARER:
            key = self._parts.keys.find(given[len(_BEARER) :].strip().decode("latin-1"))
            if key is not None:
                return key
        raise AuthenticationError("A valid API key is required.")

    def _answer_preflight(self, connection: Connection, head: RequestHead, headers: CallHeaders) -> None:
        origin = head.headers.get(b"origin")
        asked = self._parts.cors.preflight_headers(origin, head.headers.get(b"access-control-request-headers"))
        # Those that every answer carries are in the call's headers already, and may stand only once.
        more = asked[len(self._parts.cors.headers(origin)) :]
        connection.transport.write(headers.refusal(204, more, b"", keep_alive=head.keep_alive))
        # The running answer is set after this returns, so the next request is taken up a turn later.
        connection.loop.call_soon(lambda: connection.answered(keep_alive=head.keep_alive))


def _text(head: RequestHead, name: bytes) -> str | None:
    value = head.headers.get(name)
    return None if value is None else value.decode("latin-1")
