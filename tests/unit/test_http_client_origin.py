"""What an operator may write as a base URL."""

import pytest

from tollway.kit.http_client import Origin, split_base_url


@pytest.mark.parametrize(
    ("url", "origin", "path", "host"),
    [
        ("https://api.example.com", Origin("https", "api.example.com", 443), "", b"api.example.com"),
        ("https://API.Example.com/v2/", Origin("https", "api.example.com", 443), "/v2", b"api.example.com"),
        ("http://127.0.0.1:8000/v1", Origin("http", "127.0.0.1", 8000), "/v1", b"127.0.0.1:8000"),
        ("http://[::1]:8000", Origin("http", "::1", 8000), "", b"[::1]:8000"),
        ("https://[2001:DB8:0::1]/", Origin("https", "2001:db8::1", 443), "", b"[2001:db8::1]"),
        ("http://vllm_worker:80", Origin("http", "vllm_worker", 80), "", b"vllm_worker"),
        ("https://x.example:443/a/b", Origin("https", "x.example", 443), "/a/b", b"x.example"),
    ],
)
def test_base_url(url: str, origin: Origin, path: str, host: bytes) -> None:
    assert split_base_url(url) == (origin, path)
    assert origin.host_header == host


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example.com",
        "ftp://x",
        "//x",
        "https://",
        "https:///v1",
        "https://x:0",
        "https://x:65536",
        "https://x:port",
        "https://x/?q=1",
        "https://x/#f",
        "https://x?",
        "https://a b",
        "https://x/a b",
        "https://-x",
        "https://a..b",
        "https://bücher.example",
        "https://x%2ey",
        "https://[::1",
        "https://x\r\ny: z",
    ],
)
def test_bad_base_url(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the messages differ, and some are the standard library's.
        split_base_url(url)


def test_credentials_are_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="credentials") as caught:
        split_base_url("https://user:hunter2@x")
    assert "hunter2" not in str(caught.value)


def test_an_origin_has_no_path() -> None:
    assert str(Origin.parse("https://x.example:444/")) == "https://x.example:444"
    with pytest.raises(ValueError, match="no path"):
        Origin.parse("https://x.example/v1")
