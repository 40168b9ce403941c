"""Notices of a low balance, with a real ledger and a real mail server."""

from pathlib import Path

import pytest

from tests.support.contract import validate_error
from tests.support.database import rows
from tests.support.ledger import HeldClock
from tests.support.mail_server import MailServer, mail_server
from tests.support.service_world import OWNER, PUBLIC_URL, ServiceWorld, service_world
from tollway.credits.types import GrantType
from tollway.flows.low_balance import WatchBalances

PLACE = "/console/v1/billing/low-balance-notice"


async def move(world: ServiceWorld, account_id: int, credit_count: int) -> None:
    await world.ledger.grant(account_id, credit_count, GrantType.ADJUSTMENT, None)


async def look(world: ServiceWorld) -> None:
    await WatchBalances(world.database, world.clock, world.outbox, PUBLIC_URL).run_once()
    await world.outbox.drain(120.0)


def notices(mail: MailServer) -> list[str]:
    return [letter.get_content() for letter in mail.to(OWNER)]


async def test_who_wants_it_is_told_once_until_the_balance_has_risen(tmp_path: Path) -> None:
    clock = HeldClock()
    async with mail_server() as mail, service_world(tmp_path, clock=clock, mailer=mail.mailer) as world:
        account_id = await world.account(OWNER, 2_000)
        headers = await world.sign_in()
        chosen = await world.client.put(PLACE, json={"threshold_credits": 1_000}, headers=headers)
        assert (chosen.status_code, chosen.json()["low_since"]) == (200, None)
        for change, told in ((0, 0), (-1_000, 0), (-1, 1), (-500, 1), (500, 1), (1, 1), (-1, 2), (-1, 2)):
            if change:
                await move(world, account_id, change)
            await look(world)
            assert len(notices(mail)) == told, change

        assert "999 credits" in notices(mail)[0]
        assert f"{PUBLIC_URL}/app/billing" in notices(mail)[0]
        answer = await world.client.get(PLACE, headers=headers)
        assert answer.json() == {"threshold_credits": 1_000, "low_since": "2025-11-23T12:00:00.000Z", "mail": True}


async def test_another_threshold_begins_anew_and_null_ends_it(tmp_path: Path) -> None:
    async with mail_server() as mail, service_world(tmp_path, mailer=mail.mailer) as world:
        await world.account(OWNER, 500)
        headers = await world.sign_in()
        for threshold, told in ((1_000, 1), (1_000, 1), (400, 1), (600, 2), (None, 2), (500, 2)):
            answer = await world.client.put(PLACE, json={"threshold_credits": threshold}, headers=headers)
            assert answer.json()["threshold_credits"] == threshold
            await look(world)
            assert len(notices(mail)) == told, threshold
        trail = rows(world.path, "SELECT details FROM audit_entries WHERE action = 'account.low_balance_notice'")
        assert len(trail) == 5, "what changes nothing leaves no trace"
        assert trail[0] == ('{"before":null,"after":1000}',)


async def test_without_mail_the_state_is_shown_all_the_same(tmp_path: Path) -> None:
    async with service_world(tmp_path, clock=HeldClock()) as world:
        await world.account()
        headers = await world.sign_in()
        unset = {"threshold_credits": None, "low_since": None, "mail": False}
        assert (await world.client.get(PLACE, headers=headers)).json() == unset
        await world.client.put(PLACE, json={"threshold_credits": 1}, headers=headers)
        await look(world)
        found = (await world.client.get(PLACE, headers=headers)).json()
        assert found == {"threshold_credits": 1, "low_since": "2025-11-23T12:00:00.000Z", "mail": False}


async def test_a_disabled_account_is_not_written_to(tmp_path: Path) -> None:
    async with mail_server() as mail, service_world(tmp_path, mailer=mail.mailer) as world:
        await world.account()
        headers = await world.sign_in()
        await world.client.put(PLACE, json={"threshold_credits": 1}, headers=headers)
        await world.accounts.disable(OWNER)
        await look(world)
        assert mail.messages == []


async def test_more_accounts_than_fit_into_one_query_are_told(tmp_path: Path) -> None:
    async with mail_server() as mail, service_world(tmp_path, mailer=mail.mailer) as world:
        async with world.database.begin() as connection:
            for number in range(1, 121):
                values = (number, f"account{number}@example.com")
                await connection.exec_driver_sql(
                    "INSERT INTO accounts (id, email, password_hash, status, created_at_ms)"
                    " VALUES (?, ?, '', 'active', 0)",
                    values,
                )
                await connection.exec_driver_sql("INSERT INTO low_balance_notices VALUES (?, 1, NULL)", (number,))
        await look(world)
        assert len({letter["To"] for letter in mail.messages}) == 120
        await look(world)
        assert len(mail.messages) == 120


@pytest.mark.parametrize(
    "body", [{}, {"threshold_credits": 0}, {"threshold_credits": 2**53 + 1}, {"threshold_credits": 1.5}]
)
async def test_a_wrong_threshold_is_refused(tmp_path: Path, body: dict[str, object]) -> None:
    async with service_world(tmp_path) as world:
        await world.account()
        headers = await world.sign_in()
        answer = await world.client.put(PLACE, json=body, headers=headers)
        assert answer.status_code == 400
        validate_error(answer.json())
        assert "threshold_credits" in answer.json()["message"]
        forged = await world.client.put(PLACE, json={"threshold_credits": 1}, headers={"cookie": headers["cookie"]})
        assert forged.status_code == 403
        assert rows(world.path, "SELECT * FROM low_balance_notices") == []
