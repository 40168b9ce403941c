"""Every endpoint keeps what the OpenAPI document says of it, whatever is sent: schemathesis asks, the server answers.

``make test`` plays the examples, the edges of every type, and a few drawn cases of each operation, always the same
ones; ``make soak`` plays twenty thousand.
"""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.support.served import plain_client
from tests.support.surface_cases import Report, make_identities, play, serve_surface

DRAWN_FEW = 8
DRAWN_MANY = 450
CASES_FEW = 600
CASES_MANY = 20_000
NEEDS_PAYMENT_PROVIDER = {
    "POST /v2/billing/checkout",
    "POST /console/v1/billing/checkout",
    "POST /v2/billing/webhooks/stripe",
    "POST /admin/v1/payments/{payment_id}/refund",
}
"""Operations that succeed only where payments are configured, which needs somebody who takes money."""


async def played(folder: Path, *, drawn: int, learns: bool) -> Report:
    """Play against a server of their own, whose books balance after it and whose log tells of no bug."""
    async with serve_surface(folder) as gateway:
        async with plain_client(gateway.url) as client:
            document = (await client.get("/openapi.json")).json()
        identities = await make_identities(gateway, document)
        report = await asyncio.to_thread(play, document, gateway.url, identities, examples_max=drawn, learns=learns)
        await gateway.assert_books_balance()
        assert '"level":"error"' not in gateway.log, gateway.log
    sys.stderr.write(f"\n{report.line()}\n")
    return report


async def test_every_operation_keeps_what_is_documented(tmp_path: Path) -> None:
    report = await played(tmp_path, drawn=DRAWN_FEW, learns=False)

    assert report.failures == [], "\n\n".join(report.failures[:20])
    assert report.case_count >= CASES_FEW
    assert report.never_served == NEEDS_PAYMENT_PROVIDER


@pytest.mark.soak
async def test_twenty_thousand_cases_find_nothing(tmp_path: Path) -> None:
    report = await played(tmp_path, drawn=DRAWN_MANY, learns=True)

    assert report.failures == [], "\n\n".join(report.failures[:20])
    assert report.case_count >= CASES_MANY
    assert report.never_served <= NEEDS_PAYMENT_PROVIDER
