"""The log on standard error: JSON or console lines, with secrets taken out.

Code logs through the standard library (``logging.getLogger("tollway.http")``), with fields in ``extra``. structlog
formats the records; it is loaded with the first record or by ``LogFormatter.load``, because its import costs as much
as a quarter of a start.
"""

import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

from tollway.kit.settings import LogSettings

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor

REDACTED = "[redacted]"
_SECRET_NAMES = re.compile(
    r"password|passwd|secret|token$|authorization|cookie|pepper|credential|api_?key$|private_?key", re.IGNORECASE
)
_SECRETS = re.compile(
    r"(?P<key>\btw[km][0-9A-Za-z]{5})[0-9A-Za-z]{3,}"  # The first eight characters are the key's public prefix.
    r"|(?P<scheme>\b(?:Bearer|Basic)\s+)(?!tw[km])[^\s\"',;]+"
    r"|(?P<vendor>\bbce-v3/ALTAK-|\bsk-|\bhf_)[\w/.-]{8,}"
    r"|(?P<stripe>\b[sr]k_(?:live|test)_|\bwhsec_)[0-9A-Za-z*_]{4,}"
    r"|(?P<url>\b[a-z][a-z0-9+.-]*://[^\s/:@]+:)[^\s/@]+(?=@)"
)
_HINTS = (
    "twk",
    "twm",
    "earer",
    "asic",
    "ALTAK",
    "sk-",
    "hf_",
    "k_live_",
    "k_test_",
    "whsec_",
    "://",
    "BEARER",
    "BASIC",
)
_DEPTH_MAX = 8
_TALKATIVE = ("alembic", "uvicorn", "httpx", "asyncio", "stripe")
"""Libraries whose everyday messages tell an operator nothing."""


def set_up_logging(settings: LogSettings, stream: TextIO) -> "LogFormatter":
    """Send every record of the process to ``stream``; returns the formatter, to be loaded beside other work."""
    as_json = settings.format == "json" or (settings.format == "auto" and not stream.isatty())
    formatter = LogFormatter(as_json=as_json, colors=not as_json and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=settings.level.upper(), force=True)
    if settings.level != "debug":
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
    return formatter


class LogFormatter(logging.Formatter):
    """Formats records with structlog, which it loads when it is first needed."""

    def __init__(self, *, as_json: bool, colors: bool) -> None:
        super().__init__()
        self._as_json = as_json
        self._colors = colors
        self._inner: logging.Formatter | None = None

    def load(self) -> logging.Formatter:
        """Import structlog now, for instance in a thread, so that the first record does not wait for it."""
        if self._inner is None:
            self._inner = _structlog_formatter(as_json=self._as_json, colors=self._colors)
        return self._inner

    def format(self, record: logging.LogRecord) -> str:
        """Write one record as one line."""
        return self.load().format(record)


def redact(_logger: object, _method: str, event: "EventDict") -> "EventDict":
    """Take keys, bearer tokens and passwords out of an event; a structlog processor."""
    for name, value in event.items():
        event[name] = _redacted(name, value, 0)
    return event


def redact_text(text: str) -> str:
    """Take keys, bearer tokens and passwords out of a text."""
    # The pattern costs more than all of these look-ups, and few texts hold a secret.
    return _SECRETS.sub(_replacement, text) if any(hint in text for hint in _HINTS) else text


def _redacted(name: str, value: Any, depth: int) -> Any:  # noqa: ANN401 - whatever is logged
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth == _DEPTH_MAX or _SECRET_NAMES.search(name):
        return REDACTED
    if isinstance(value, Mapping):
        return {str(key): _redacted(str(key), inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(name, inner, depth + 1) for inner in value]
    text = (
        value.decode(errors="replace") if isinstance(value, bytes) else value if isinstance(value, str) else repr(value)
    )
    return redact_text(text)


def _replacement(found: re.Match[str]) -> str:
    return f"{found[found.lastgroup]}{REDACTED}" if found.lastgroup else REDACTED


def _structlog_formatter(*, as_json: bool, colors: bool) -> logging.Formatter:
    import structlog  # noqa: PLC0415 - see the module's docstring

    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    last: Processor
    if as_json:
        encode = msgspec.json.Encoder().encode
        last = structlog.processors.JSONRenderer(lambda event, **_: encode(event).decode())
    else:
        last = structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact, last],
    )
