"""Keep-alive HTTP/1.1 client on asyncio and httptools, for paths where each microsecond counts."""

from tollway.kit.http_client.address_policy import AddressPolicy
from tollway.kit.http_client.client import HttpClient
from tollway.kit.http_client.dialer import make_ssl_context
from tollway.kit.http_client.errors import (
    Aborted,
    BadResponse,
    ConnectFailed,
    ConnectionLost,
    HttpClientError,
    IncompleteBody,
    Phase,
    Timeout,
    TooLarge,
)
from tollway.kit.http_client.limits import Limits, Timeouts
from tollway.kit.http_client.origin import Origin, split_base_url
from tollway.kit.http_client.request_head import Header, RequestHead
from tollway.kit.http_client.resolver import Resolver
from tollway.kit.http_client.response import HttpResponse

__all__ = [
    "Aborted",
    "AddressPolicy",
    "BadResponse",
    "ConnectFailed",
    "ConnectionLost",
    "Header",
    "HttpClient",
    "HttpClientError",
    "HttpResponse",
    "IncompleteBody",
    "Limits",
    "Origin",
    "Phase",
    "RequestHead",
    "Resolver",
    "Timeout",
    "Timeouts",
    "TooLarge",
    "make_ssl_context",
    "split_base_url",
]
