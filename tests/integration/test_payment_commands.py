"""Payments of a real server process: paid, topped up, given back by commands, with and without the server."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import Commands
from tests.support.database import add_account, migrated_database
from tests.support.gateway import CommandFailedError, Gateway
from tests.support.payer import ENVIRONMENT, Payer, paid_through
from tests.support.scripted_stripe import SECRETS, Fault, ScriptedStripe

PAGE = Path(__file__).parents[2] / "docs" / "payments.md"
EMAIL = "jane@example.com"
DEADLINE_S = 120.0


def gateway(folder: Path, stripe: ScriptedStripe) -> Gateway:
    return Gateway(folder, settings=f'{paid_through(stripe)}[log]\nlevel = "debug"\n', environment=ENVIRONMENT)


async def test_a_server_is_paid_tops_up_and_gives_back(tmp_path: Path) -> None:
    async with ScriptedStripe() as stripe, gateway(tmp_path, stripe) as server:
        await server.command("account", "create", EMAIL)
        key = (await server.command("key", "create", "--account", EMAIL, "--management"))["key"]
        payer = Payer(server, stripe, key)
        first = await payer.pay(12)
        # The answer is lost, and so is the server; the next one asks again, and nothing is taken twice. The
        # first one may ask as well, if its turn comes before its end.
        stripe.fail(Fault.LOST_ANSWER, times=2)
        await payer.ask("PUT", "/v2/billing/auto-top-up", {"is_enabled": True, "threshold": 20, "amount": 30})
        await server.kill()
        await server.start()
        await stripe.until_asked("/v1/payment_intents", 2)
        await server.kill()
        await server.start()
        await stripe.until_asked("/v1/payment_intents", 3)
        async with asyncio.timeout(DEADLINE_S):
            while (balance := (await payer.ask("GET", "/v2/billing"))["current_balance"]) == 12:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert (balance, stripe.taken_cents) == (42, 4200)

        part = await server.command("payment", "refund", first, "--usd", "2.50")
        assert part == {
            "payment_id": first,
            "status": "partially_refunded",
            "refunded_usd": 2.5,
            "unrecovered_credits": 0,
        }
        assert (await payer.ask("GET", "/v2/billing"))["current_balance"] == 39.5
        with pytest.raises(CommandFailedError, match="in whole cents"):
            await server.command("payment", "refund", first, "--usd", "10")
        await server.stop()
        rest = await server.command("payment", "refund", first)

        assert (rest["status"], rest["refunded_usd"]) == ("refunded", 12)
        listed = (await server.command("payment", "list", "--account", EMAIL))["payments"]
        assert [(entry["kind"], entry["status"], entry["amount_usd"]) for entry in listed] == [
            ("auto", "paid", 30),
            ("checkout", "refunded", 12),
        ]
        assert [entry["id"] for entry in (await server.command("payment", "list", "--status", "paid"))["payments"]] == [
            listed[0]["id"]
        ]
        await server.assert_books_balance()
        assert [secret for secret in SECRETS if secret in server.log] == []


async def test_the_samples_of_the_documentation_run(tmp_path: Path) -> None:
    samples = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    async with ScriptedStripe() as stripe, gateway(tmp_path, stripe) as server:
        await server.command("account", "create", EMAIL)
        key = (await server.command("key", "create", "--account", EMAIL, "--management"))["key"]
        payment = await Payer(server, stripe, key).pay(25)
        environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PAYMENT": payment,
            "TOLLWAY_DATA_DIR": str(server.data),
            "TOLLWAY_URL": server.url,
            "TOLLWAY_MANAGEMENT_KEY": key,
        }
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", "set -eu -o pipefail\n" + "\n".join(samples), cwd=tmp_path, env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await asyncio.wait_for(process.communicate(), DEADLINE_S)

        assert process.returncode == 0, output.decode()
        assert f"Of the payment {payment} $5.00 have been given back" in output.decode()
        await server.assert_books_balance()


async def test_one_secret_without_the_other_does_not_start(tmp_path: Path) -> None:
    for name, value in ENVIRONMENT.items():
        server = Gateway(tmp_path, environment={name: value})
        with pytest.raises(AssertionError, match="Stripe needs both"):
            await server.start()
        assert await server.ended() == 2
        assert value not in server.log


def test_payments_are_told_to_people_too(tmp_path: Path) -> None:
    add_account(migrated_database(tmp_path))
    commands = Commands(tmp_path)

    assert commands.run("payment", "list").output == "There is no payment.\n"
    for usd in ("0", "-1", "x", "NaN", "1e999999", "10000.01"):
        ended = commands.run("payment", "refund", "payment-1", "--usd", usd)
        assert (ended.code, "--usd" in ended.errors) == (2, True), ended
    without_provider = commands.run("payment", "refund", "payment-1")
    assert (without_provider.code, "no payment provider" in without_provider.errors) == (1, True), without_provider
