"""Status lines of HTTP/1.1 answers, made once."""

from http import HTTPStatus

STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
