"""Who may call the inference endpoints, which the fast lane answers and no route of the web framework knows."""

from pathlib import Path

import httpx

from tests.support.chat_caller import chat_body
from tests.support.contract import validate_error
from tests.support.gateway import Gateway, upstream_settings
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.served import plain_client
from tests.support.stored_books import StoredBooks
from tollway.http.inference.lane import KEY_PATHS, PATHS, PLAYGROUND_PATH

OTHER = "other@example.com"
ALLOWED = (200, "")
NO_KEY = (401, "invalid_api_key")
WRONG_KIND = (403, "management_key")
NOBODY = (401, "session_required")
FORGED = (403, "csrf_token_required")
CREDITS = 1_000_000


async def identities(gateway: Gateway, client: httpx.AsyncClient) -> dict[str, dict[str, str]]:
    """Return what everybody sends who may come."""

    async def bearer(kind: str) -> dict[str, str]:
        made = await gateway.command("key", "create", "--account", gateway.first["email"], "--kind", kind)
        return {"authorization": f"Bearer {made['key']}"}

    disabled = await bearer("api")
    await gateway.command("key", "disable", disabled["authorization"].removeprefix("Bearer ")[:8])
    person = {"email": gateway.first["email"], "password": gateway.first["password"]}
    signed_in = await client.post("/console/v1/session", json=person)
    client.cookies.clear()
    cookie, token = signed_in.headers["set-cookie"].partition(";")[0], signed_in.json()["csrf_token"]
    return {
        "anonymous": {},
        "own key": gateway.headers,
        "other account's key": {"authorization": f"Bearer {await gateway.new_account(OTHER, CREDITS)}"},
        "disabled key": disabled,
        "management key": await bearer("management"),
        "operator key": await bearer("operator"),
        "session": {"cookie": cookie, "x-csrf-token": token},
        "session without its token": {"cookie": cookie},
        "session on another site": {"cookie": cookie, "x-csrf-token": token, "origin": "https://elsewhere.example"},
    }


async def test_only_api_keys_in_force_may_call_and_people_in_the_playground(tmp_path: Path) -> None:
    by_key = {
        "anonymous": NO_KEY,
        "own key": ALLOWED,
        "other account's key": ALLOWED,
        "disabled key": NO_KEY,
        "management key": WRONG_KIND,
        "operator key": WRONG_KIND,
        "session": NO_KEY,
        "session without its token": NO_KEY,
        "session on another site": NO_KEY,
    }
    by_session = dict.fromkeys(by_key, NOBODY) | {
        "session": ALLOWED,
        "session without its token": FORGED,
        "session on another site": FORGED,
    }
    async with ScriptedUpstream() as upstream:
        settings = upstream_settings(upstream.base_url)
        async with (
            Gateway(tmp_path, settings=settings) as gateway,
            plain_client(gateway.url) as client,
        ):
            everybody = await identities(gateway, client)
            balance_before = await balance(client, gateway)
            found: dict[str, dict[str, tuple[int, str]]] = {path: {} for path in PATHS}
            for path in sorted(PATHS):
                for name, headers in everybody.items():
                    answer = await client.post(path, json=chat_body(max_tokens=700), headers=headers)
                    if not answer.is_success:
                        validate_error(answer.json())
                    found[path][name] = ALLOWED if answer.is_success else (answer.status_code, code_of(answer))

            assert found == dict.fromkeys(KEY_PATHS, by_key) | {PLAYGROUND_PATH: by_session}
            assert upstream.request_count == 2 * len(KEY_PATHS) + 1
            # The other account's calls are the other account's to pay, and the playground's are the person's.
            logged = (await client.get("/v2/logs?period=1d", headers=gateway.headers)).json()["data"]
            assert len(logged) == len(KEY_PATHS)
            receipts = StoredBooks(gateway.data).receipts().values()
            assert sorted(one["origin"] for one in receipts if one["account_id"] == 1) == ["api", "api", "playground"]
            spent = sum(one["charged_credits"] for one in receipts if one["account_id"] == 1)
            assert await balance(client, gateway) == balance_before - spent
            await gateway.assert_books_balance()


async def balance(client: httpx.AsyncClient, gateway: Gateway) -> int:
    """Return the first account's balance in credits."""
    found: int = (await client.get("/v1/billing/balance", headers=gateway.headers)).json()["balance"]
    return found


def code_of(answer: httpx.Response) -> str:
    """Return the code of a refusal."""
    code: str = answer.json()["error"]["code"]
    return code
