"""How long and how much a client is willing to wait for and to hold."""

import msgspec

KIB = 1024
MIB = 1024 * KIB


class Timeouts(msgspec.Struct, frozen=True):
    """Seconds allowed for each phase of one request.

    Attributes:
        connect_s: waiting for a free place in the pool, resolving, TCP and TLS together.
        send_s: writing the request until the last byte was handed to the operating system.
        first_byte_s: from the last request byte to the complete response head.
        idle_s: the longest silence within the body. Time in which the reader holds the server back does not count.
        total_s: from the call of ``request()`` to the end of the body. Time in which the reader holds the server back
            does not count here either: how long a reader may take is its user's to bound.
    """

    connect_s: float = 10.0
    send_s: float = 30.0
    first_byte_s: float = 120.0
    idle_s: float = 120.0
    total_s: float = 900.0


class Limits(msgspec.Struct, frozen=True):
    """Bounds on connections and memory.

    Attributes:
        max_connections_per_origin: open connections per origin; further requests wait for one.
        idle_keep_alive_s: an unused connection is closed after this many seconds. It should be shorter than what
            servers use, because a request that meets a closing connection cannot be repeated safely.
        max_head_bytes: status line and headers; also the framing bytes between two pieces of a chunked body.
        max_header_count: number of header lines.
        max_body_bytes: what ``HttpResponse.read()`` holds.
        unread_high_water_bytes: the socket is not read while this many body bytes wait for the reader.
    """

    max_connections_per_origin: int = 1024
    idle_keep_alive_s: float = 30.0
    max_head_bytes: int = 32 * KIB
    max_header_count: int = 128
    max_body_bytes: int = 64 * MIB
    unread_high_water_bytes: int = 256 * KIB
