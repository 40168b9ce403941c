"""The table."""

from msgspec import Struct


class Row(Struct, kw_only=True):
    """Medians over all rounds for one program; ``spread`` is the slowest and the fastest round."""

    name: str
    requests_per_s: float
    spread: tuple[float, float]
    errors: int
    p50_ms: float
    p99_ms: float


def print_table(rows: list[Row], *, rounds: int, callers: int, commit_ms: float) -> None:
    """Print figures and ratios; the first row is the upstream alone, the second the proxy to compare with."""
    alone, proxy = rows[0], rows[1]
    print(f"JSON answers of 3.5 KB, medians of {rounds} alternating rounds, each program on one core,")
    print(f"mock upstream and load generator on another. One durable commit of this disk: {commit_ms:.3f} ms.\n")
    print(
        f"| program | requests/s at {callers} callers | (min to max) | ratio to nginx | added at 1 caller p50 / p99 |"
    )
    print("| --- | --- | --- | --- | --- |")
    for row in rows:
        added = f"{row.p50_ms - alone.p50_ms:.3f} / {row.p99_ms - alone.p99_ms:.3f} ms"
        print(
            f"| {row.name} | {row.requests_per_s:,.0f} | {row.spread[0]:,.0f} to {row.spread[1]:,.0f} "
            f"| {row.requests_per_s / proxy.requests_per_s:.2f} | {'' if row is alone else added} |"
        )
    for row in rows:
        if row.errors:
            print(f"\n{row.name}: {row.errors} requests were no success; its figures do not count.")
