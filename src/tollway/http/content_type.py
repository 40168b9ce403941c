"""Which bodies are taken: JSON that is not compressed."""

import re

from tollway.http.errors import UnsupportedMediaTypeError

_JSON_TYPE = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json\s*(?:;.*)?", re.IGNORECASE)


def refuse_other_than_json(content_type: str | None, content_encoding: str | None) -> None:
    """Refuse a body that is announced as something else; one that is not announced is taken for JSON.

    Raises:
        UnsupportedMediaTypeError: it is.
    """
    if content_type == "application/json" and content_encoding is None:
        return
    if content_type is not None and not _JSON_TYPE.fullmatch(content_type):
        raise UnsupportedMediaTypeError("The body must be application/json.")
    if content_encoding is not None and content_encoding.lower() != "identity":
        raise UnsupportedMediaTypeError("The body must not be compressed.")
