"""The commands' end of the admin socket."""

import socket
from pathlib import Path

import msgspec

from tollway.http.admin.address import socket_address, socket_path
from tollway.http.admin.messages import (
    ANSWER_BYTES_MAX,
    Answer,
    RefreshCatalog,
    RefreshKeys,
    Refused,
    Request,
    decode_answer,
    encode,
)
from tollway.kit.errors import ExpectedError, UnavailableError

_TIMEOUT_S = 30.0
_REFRESH_TIMEOUT_S = 2.0


class RefusedByServerError(ExpectedError):
    """The running server refused the command or failed in it."""


def ask_server(data_path: Path, request: Request, timeout_s: float = _TIMEOUT_S) -> Answer | None:
    """Ask the server that runs on the data folder; None when there is none.

    Raises:
        RefusedByServerError: it refused or failed.
        UnavailableError: it does not answer, so that nobody knows whether it did what was asked.
    """
    if not socket_path(data_path).is_socket():
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_s)
        try:
            with socket_address(data_path) as address:
                connection.connect(address)
        except (ConnectionRefusedError, FileNotFoundError):
            # A server that was killed leaves its socket behind.
            return None
        answer = _exchange(connection, request)
    if isinstance(answer, Refused):
        raise RefusedByServerError(answer.message, code=answer.code)
    return answer


def tell_keys_changed(data_path: Path) -> None:
    """Make a running server use changed keys at once. Without this word it finds out by itself within a second."""
    _tell(data_path, RefreshKeys())


def tell_catalog_changed(data_path: Path) -> None:
    """Make a running server use changed prices and switches of models at once, as `tell_keys_changed` does for keys."""
    _tell(data_path, RefreshCatalog())


def _tell(data_path: Path, news: Request) -> None:
    try:
        ask_server(data_path, news, _REFRESH_TIMEOUT_S)
    except (ExpectedError, OSError):
        return


def _exchange(connection: socket.socket, request: Request) -> Answer:
    try:
        connection.sendall(encode(request) + b"\n")
        with connection.makefile("rb") as lines:
            answer: Answer = decode_answer(lines.readline(ANSWER_BYTES_MAX))
    except (OSError, msgspec.DecodeError) as error:
        raise UnavailableError(
            "The running server does not answer; whether it did what was asked is unknown"
        ) from error
    return answer
