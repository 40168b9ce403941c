"""Checking generated JSON against a schema with the library that implements the standard."""

import json
from typing import Any

import jsonschema


def validate_text(text: str, schema: Any) -> None:
    """Fail unless `text` is JSON that is valid under `schema`, formats included."""
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(json.loads(text))
