"""What the scripted upstream does with a request: ready-made scripts by name, and the parts to write others."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from tests.support.upstream_answers import Answer, event_of, json_body, page_answer, stream_events

Ending = Literal["clean", "close", "reset", "hang"]

JSON = "application/json"
EVENTS = "text/event-stream"
THINKER = Answer(
    reasoning="Let me see. 2 + 2 is 4.", content="The answer is 4.", reasoning_tokens=9, completion_tokens=14
)
CALLER = Answer(
    content="",
    reasoning="I should look it up.",
    tool_calls=(("call_a", "weather", '{"city":"Köln"}'), ("call_b", "time", '{"zone":"UTC"}')),
    finish_reason="tool_calls",
    completion_tokens=20,
    reasoning_tokens=6,
)
SAFETY_ERROR = {"error": {"code": "system_unsafe", "message": "unsafe input", "type": "invalid_request_error"}}
INTERNAL_ERROR = {"error": {"code": "internal_error", "message": "Internal error", "type": "server_error"}}


@dataclass(frozen=True, kw_only=True)
class Script:
    """One response.

    Attributes:
        pieces: the body, each piece in a write of its own; a pause lies before each when there is one.
        before_head_s: how long nothing at all is said; infinite is never.
        held_until: nothing at all is said before a test sets it, or no piece from the one numbered ``held_from`` on.
        pause_s: before each piece of the body.
        ending: `clean` as HTTP wants it, `close` or `reset` of the connection instead, `hang` says nothing more.
        length_known: whether the response has a `Content-Length` instead of chunks.
        missing_bytes: how much more than the pieces the `Content-Length` promises.
    """

    pieces: Sequence[bytes] = ()
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] | None = None
    before_head_s: float = 0.0
    held_until: asyncio.Event | None = None
    held_from: int = 0
    pause_s: float = 0.0
    ending: Ending = "clean"
    length_known: bool = True
    missing_bytes: int = 0

    @cached_property
    def head(self) -> bytes:
        """Status line and headers."""
        length = sum(map(len, self.pieces)) + self.missing_bytes
        framing = f"content-length: {length}" if self.length_known else "transfer-encoding: chunked"
        lines = [f"HTTP/1.1 {self.status} Scripted", f"content-type: {self.content_type}", framing]
        lines += [f"{name}: {value}" for name, value in (self.headers or {}).items()]
        return "\r\n".join([*lines, "", ""]).encode()

    def framed(self, piece: bytes) -> bytes:
        """A piece of the body as it is sent."""
        return piece if self.length_known else b"%x\r\n%b\r\n" % (len(piece), piece)

    @property
    def end(self) -> bytes:
        """What ends the body."""
        return b"" if self.length_known or self.ending != "clean" else b"0\r\n\r\n"

    @cached_property
    def at_once(self) -> bytes | None:
        """The whole response for a single write, when nothing in it takes time."""
        if self.before_head_s or self.held_until or self.pause_s or self.ending != "clean":
            return None
        return self.head + b"".join(map(self.framed, self.pieces)) + self.end


ScriptFor = Callable[[bool], Script]
"""Makes the script for a request; the argument says whether it wants a stream."""


def json_script(body: bytes | object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Script:
    """One JSON response."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Script(pieces=(data,), status=status, headers=headers)


def stream_script(events: Sequence[bytes], *, pause_s: float = 0.0, ending: Ending = "clean") -> Script:
    """One event stream, each event in a write of its own."""
    return Script(pieces=tuple(events), content_type=EVENTS, pause_s=pause_s, ending=ending, length_known=False)


def split_script(events: Sequence[bytes], size: int) -> Script:
    """One event stream cut after every `size` bytes, wherever that is."""
    data = b"".join(events)
    return stream_script([data[start : start + size] for start in range(0, len(data), size)])


def error_script(status: int, error: object, *, retry_after: str | None = None) -> Script:
    """A refusal."""
    return json_script(error, status=status, headers={"retry-after": retry_after} if retry_after else None)


def _both(answer: Answer, **options: object) -> ScriptFor:
    """An answer in the form that was asked for; `options` are those of `stream_events`."""
    body = json_script(json_body(answer, dialect=options.get("dialect", "reasoning_content")))  # type: ignore[arg-type]
    stream = stream_script(stream_events(answer, **options))  # type: ignore[arg-type]
    return lambda wants_stream: stream if wants_stream else body


def _always(script: Script) -> ScriptFor:
    return lambda _: script


def ready_made() -> dict[str, ScriptFor]:
    """The scripts that go by a name."""
    page = page_answer()
    events = stream_events(page)
    half = events[: len(events) // 2]
    plain = json_script(json_body(page))
    whole = json_body(page)
    cut_body = Script(pieces=(whole[:300],), missing_bytes=len(whole) - 300)

    def broken(ending: Ending) -> ScriptFor:
        return lambda wants_stream: (
            stream_script(half, ending=ending) if wants_stream else replace(cut_body, ending=ending)
        )

    scripts: dict[str, ScriptFor] = {
        "page": _both(page),
        "paced": lambda wants_stream: stream_script(events, pause_s=0.02) if wants_stream else plain,
        "slow-head": lambda wants_stream: replace(_both(page)(wants_stream), before_head_s=0.5),
        "slow-middle": lambda wants_stream: stream_script(events, pause_s=0.5) if wants_stream else plain,
        "trickle": lambda _: replace(split_script(events, 1), pause_s=1.0),
        "never": _always(Script(before_head_s=float("inf"))),
        "hang-after-head": _always(stream_script((), ending="hang")),
        "hang-mid": _always(stream_script(half, ending="hang")),
        "reset-at-once": _always(stream_script((), ending="reset")),
        "reset-mid": broken("reset"),
        "close-mid": broken("close"),
        "no-done": _always(stream_script(stream_events(page, done=False))),
        "no-finish": _always(stream_script(stream_events(page, finish=False, usage="none"))),
        "every-byte": _always(split_script(events, 1)),
        "malformed-events": _always(stream_script([*half, b'data: {"choices": [{"delta"\n\n'])),
        "malformed-json": _always(json_script(b'{"choices": [')),
        "not-json": _always(Script(pieces=(b"<html>Bad gateway</html>",), content_type="text/html")),
        "error-in-json": _always(json_script(INTERNAL_ERROR)),
        "error-in-stream": _always(stream_script([event_of(INTERNAL_ERROR)])),
        "error-mid-stream": _always(stream_script([*half, event_of(INTERNAL_ERROR)])),
        "keep-alives": _always(stream_script([part for event in events for part in (b": ping\n\n", event)])),
        "tool-calls": _both(CALLER),
        "thinker": _both(THINKER),
        "unsafe": _always(error_script(403, SAFETY_ERROR)),
        "limited": _always(
            error_script(
                429,
                {"error": {"code": "rpm_rate_limit_exceeded", "message": "slow down", "type": "rate_limit_exceeded"}},
                retry_after="7",
            )
        ),
    }
    for place in ("last", "finish", "every", "choice", "none"):
        scripts[f"usage-{place}"] = _both(page, usage=place)
    no_usage = json_script(json_body(page, with_usage=False))
    scripts["usage-none"] = lambda wants_stream: (
        stream_script(stream_events(page, usage="none")) if wants_stream else no_usage
    )
    for dialect in ("reasoning_content", "reasoning", "reasoning_details", "think_tags", "ernie_thinking", "none"):
        scripts[f"dialect-{dialect}"] = _both(THINKER, dialect=dialect)
    for status in (400, 401, 403, 404, 408, 413, 429, 500, 502, 503, 504):
        error = {"error": {"code": f"code_of_{status}", "message": f"message of {status}", "type": "scripted"}}
        scripts[f"status-{status}"] = _always(error_script(status, error))
    return scripts
