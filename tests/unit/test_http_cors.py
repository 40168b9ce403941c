from tollway.http.cors import CorsPolicy

ORIGIN = b"https://app.example.org"


def test_any_origin_may_read_answers_and_the_contracts_headers() -> None:
    headers = dict(CorsPolicy(("*",)).headers(None))

    assert headers[b"access-control-allow-origin"] == b"*"
    exposed = headers[b"access-control-expose-headers"].split(b", ")
    assert {
        b"x-inference-id",
        b"x-client-request-id",
        b"x-aimlapi-credits-used",
        b"x-aimlapi-usd-spent",
    } <= set(exposed)


def test_listed_origin_is_allowed_by_name() -> None:
    headers = dict(CorsPolicy((ORIGIN.decode(),)).headers(ORIGIN))

    assert headers[b"access-control-allow-origin"] == ORIGIN
    assert headers[b"vary"] == b"Origin"


def test_other_origin_is_not_allowed_and_caches_are_told() -> None:
    headers = dict(CorsPolicy((ORIGIN.decode(),)).headers(b"https://evil.example.org"))

    assert headers == {b"vary": b"Origin"}


def test_preflight_allows_the_headers_that_sdks_send() -> None:
    headers = dict(CorsPolicy(("*",)).preflight_headers(ORIGIN, b"authorization,x-stainless-os"))

    assert headers[b"access-control-allow-headers"] == b"authorization,x-stainless-os"
    assert b"POST" in headers[b"access-control-allow-methods"]


def test_preflight_does_not_echo_what_is_no_header_list() -> None:
    headers = dict(CorsPolicy(("*",)).preflight_headers(ORIGIN, b"a\r\nset-cookie: x"))

    assert headers[b"access-control-allow-headers"] == b"authorization, content-type, x-client-request-id"


def test_cookies_are_never_allowed_along() -> None:
    for policy in (CorsPolicy(("*",)), CorsPolicy((ORIGIN.decode(),))):
        assert b"access-control-allow-credentials" not in dict(policy.preflight_headers(ORIGIN, None))
