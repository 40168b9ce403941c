"""Speaking with llama.cpp's server in the engine's process."""

import asyncio
import math
from typing import Any

import msgspec
from msgspec import Struct

from tollway.engine.errors import EngineBrokenError, EngineRequestError, EngineUnavailableError
from tollway.engine.supervisor import Endpoint
from tollway.kit.http_client import (
    ConnectFailed,
    ConnectionLost,
    HttpClient,
    HttpClientError,
    HttpResponse,
    Origin,
    Timeouts,
)
from tollway.wire.sse import EventSplitter, EventTooLongError

OK = 200
BAD_REQUEST = 400
_TRIES = 4
ANSWER_TIMEOUT_S = 900.0
"""For a whole answer, as of any upstream: the wait for a slot and all completions together."""
# Only the whole bounds the first byte: a prompt that fills the context takes minutes on a slow core before its first
# token.
_TIMEOUTS = Timeouts(connect_s=5.0, send_s=30.0, first_byte_s=ANSWER_TIMEOUT_S, idle_s=120.0, total_s=ANSWER_TIMEOUT_S)
# The last event of a stream would repeat the whole prompt otherwise.
_FIELDS_OF_LAST_EVENT = ("content", "stop", "stop_type", "stopping_word", "tokens_predicted", "tokens_evaluated")


class Piece(Struct, frozen=True):
    """One step of a completion.

    Attributes:
        content: text that is new.
        tokens_predicted: tokens that the model has written in this completion so far, its end-of-turn included.
        stop_type: why it ended: ``eos``, ``word`` or ``limit``; empty while it runs.
    """

    content: str = ""
    tokens_predicted: int = 0
    stop: bool = False
    stop_type: str = ""
    error: dict[str, Any] | None = None


_decode_piece = msgspec.json.Decoder(Piece).decode


class Completion:
    """A completion that runs; it ends when the piece with ``stop`` has come."""

    def __init__(self, response: HttpResponse) -> None:
        self._response = response
        self._events = EventSplitter()

    async def next(self) -> list[Piece]:
        """Return the pieces of the next read, at least one.

        Raises:
            EngineBrokenError: the completion broke off, or is not what it should be.
        """
        while True:
            try:
                chunk = await self._response.next_chunk()
                pieces = [_decode_piece(event) for event in self._events.feed(chunk)]
            except (HttpClientError, EventTooLongError, msgspec.DecodeError) as error:
                self.close()
                raise EngineBrokenError(f"the engine broke off: {error}") from error
            if not chunk:
                raise EngineBrokenError("the engine ended a completion before its end")
            for piece in pieces:
                if piece.error is not None:
                    self.close()
                    raise EngineBrokenError(f"the engine failed: {_kind_of(piece.error)}")
            if pieces:
                return pieces

    def close(self) -> None:
        """Stop: llama.cpp sees the connection close and frees its slot."""
        self._response.abort()


class EngineClient:
    """Calls of the engine at one endpoint, all of which end by ``deadline_s`` in the event loop's time."""

    def __init__(self, http: HttpClient, endpoint: Endpoint, *, deadline_s: float = math.inf) -> None:
        self._http = http
        self._deadline_s = deadline_s
        self._origin = Origin("http", "127.0.0.1", endpoint.facts.port)
        self._headers = (
            (b"authorization", f"Bearer {endpoint.api_key}".encode()),
            (b"content-type", b"application/json"),
        )

    async def template(self, messages: list[dict[str, str]]) -> str:
        """Write messages as the prompt of the weights' own chat template, up to where the assistant's turn begins.

        Raises:
            EngineError: the engine is gone, or the template refuses the messages.
        """
        answer = await self._ask("/apply-template", {"messages": messages})
        return str(answer["prompt"])

    async def count_tokens(self, prompt: str) -> int:
        """Count the tokens of a prompt, exactly as a completion will.

        Raises:
            EngineError: the engine is gone.
        """
        answer = await self._ask("/tokenize", {"content": prompt, "add_special": True, "parse_special": True})
        return len(answer["tokens"])

    async def complete(self, body: dict[str, Any]) -> Completion:
        """Begin a completion; it is streamed.

        Raises:
            EngineError: the engine is gone, or refuses the parameters.
        """
        response = await self._post(
            "/completion", {**body, "stream": True, "response_fields": list(_FIELDS_OF_LAST_EVENT)}
        )
        return Completion(response)

    async def _ask(self, target: str, body: dict[str, Any]) -> dict[str, Any]:
        response = await self._post(target, body)
        try:
            answer: dict[str, Any] = msgspec.json.decode(await response.read())
        except (HttpClientError, msgspec.DecodeError) as error:
            response.abort()
            raise EngineBrokenError(f"the engine broke off: {error}") from error
        return answer

    async def _post(self, target: str, body: dict[str, Any]) -> HttpResponse:
        encoded = msgspec.json.encode(body)
        try:
            response = await self._send(target, encoded)
            if response.status == OK:
                return response
            text = await response.read()
        except (ConnectFailed, ConnectionLost) as error:
            raise EngineUnavailableError("The embedded engine is starting again.", retry_after_s=5) from error
        except HttpClientError as error:
            raise EngineBrokenError(f"the engine broke off: {error}") from error
        raise _refusal(response.status, text)

    async def _send(self, target: str, body: bytes) -> HttpResponse:
        """Send again when the connection turns out to be closed: a repeated computation harms nobody.

        llama.cpp closes a connection after each streamed answer without saying so in its headers.
        """
        for tries_left in reversed(range(_TRIES)):
            try:
                return await self._http.request(
                    b"POST", self._origin, target, headers=self._headers, body=body, timeouts=self._timeouts()
                )
            except ConnectionLost:
                if not tries_left:
                    raise
        raise AssertionError("the last try returns or raises")

    def _timeouts(self) -> Timeouts:
        left_s = max(0.0, self._deadline_s - asyncio.get_running_loop().time())
        return msgspec.structs.replace(_TIMEOUTS, total_s=min(left_s, _TIMEOUTS.total_s))


def _kind_of(error: dict[str, Any]) -> str:
    """Name an error by llama.cpp's own word; its message may repeat the prompt, and goes to the log."""
    kind = error.get("type")
    return kind if isinstance(kind, str) else "no type given"


def _refusal(status: int, body: bytes) -> EngineBrokenError | EngineRequestError:
    try:
        error = msgspec.json.decode(body)["error"]
        message, kind = str(error["message"]), _kind_of(error)
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        return EngineBrokenError(f"the engine answered {status} without saying why")
    if kind == "exceed_context_size_error":
        return EngineRequestError(message, code="context_length_exceeded", param="messages")
    if status == BAD_REQUEST:
        # Beside the context, what is left for llama.cpp to refuse is a conversation that the template does not take.
        return EngineRequestError(f"The embedded engine refuses this: {message}", code="unsupported", param="messages")
    return EngineBrokenError(f"the engine answered {status}: {kind}")
