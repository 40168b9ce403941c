import json

from tests.support.contract import validate_error
from tollway.wire.errors import encode_error, encode_error_event

REQUEST_ID = "3f2c9a52-9f1d-4ab8-8f5c-0123456789ab"


def test_both_kinds_of_client_read_the_body() -> None:
    body = json.loads(
        encode_error(
            message='no "such" thing\n😀',
            path="/v1/chat/completions",
            request_id=REQUEST_ID,
            status=404,
            now_ms=1_768_940_690_007,
            kind="not_found_error",
            param="model",
            code="not_found",
        )
    )

    validate_error(body)
    assert body == {
        "message": 'no "such" thing\n😀',
        "path": "/v1/chat/completions",
        "requestId": REQUEST_ID,
        "statusCode": 404,
        "timestamp": "2026-01-20T20:24:50.007Z",
        "error": {
            "message": 'no "such" thing\n😀',
            "type": "not_found_error",
            "param": "model",
            "code": "not_found",
        },
    }


def test_param_and_code_may_be_null() -> None:
    body = encode_error(message="m", path="/", request_id=REQUEST_ID, status=500, now_ms=0, kind="server_error")

    validate_error(json.loads(body))
    assert json.loads(body)["error"] == {"message": "m", "type": "server_error", "param": None, "code": None}


def test_an_error_in_a_stream_is_one_event() -> None:
    body = encode_error(
        message="a\r\nb\u2028c", path="/", request_id=REQUEST_ID, status=502, now_ms=0, kind="server_error"
    )

    event = encode_error_event(body)

    assert len(event.decode().splitlines()) == 2
    assert event.endswith(b"\n\n")
    assert json.loads(event.removeprefix(b"data: ")) == json.loads(body)
