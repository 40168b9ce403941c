"""Cases that schemathesis makes from the server's own OpenAPI document, and what a running server answers to them.

Every operation is called by somebody who may: the accounts that the cases change are not those whose keys they come
with, so that no case takes the power from the ones after it.
"""

import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import schemathesis
from jsonschema import ValidationError
from schemathesis.core.transport import Response
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder

from tests.support.contract import validate_error
from tests.support.gateway import FLAGSHIP, Gateway, upstream_settings
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.served import plain_client
from tollway.catalog.loader import load_models

SEED = 20_260_801
SWITCHED_MODEL = "baidu/ernie-5.0"
"""The only model that cases take off the offer."""
ENDLESS_CREDITS = 2**52
INTERNALS = ("Traceback (most recent", "site-packages", "tollway/", "sqlalchemy", "aiosqlite", "litestar", "msgspec.")
"""What no answer may tell of how the server is made."""


@dataclass(frozen=True)
class Identities:
    """Everybody who calls, and the things that examples name.

    Attributes:
        credentials: what opens each security scheme of the document.
        leaving: the same for a session that may end.
        renewing: the same for a session of an account whose password may change.
        victim: the account that cases change.
        examples: values of path parameters and fields that exist in this world, by operation and name.
    """

    credentials: dict[str, dict[str, str]]
    leaving: dict[str, dict[str, str]]
    renewing: dict[str, dict[str, str]]
    victim: int
    examples: dict[tuple[str, str], Any]


@dataclass
class Report:
    """What came of the cases."""

    case_count: int = 0
    statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    served: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)

    @property
    def never_served(self) -> set[str]:
        """Operations of which no case was answered with success."""
        return set(self.statuses) - self.served

    def line(self) -> str:
        """Sum up in one line."""
        total = sum(self.statuses.values(), Counter[int]())
        counted = ", ".join(f"{status}: {count}" for status, count in sorted(total.items()))
        return f"{self.case_count} cases of {len(self.statuses)} operations ({counted}), {len(self.failures)} failures"


@asynccontextmanager
async def serve_surface(folder: Path) -> AsyncIterator[Gateway]:
    """Run a server on which a scripted upstream answers for every model, and no rate limit hides an endpoint."""
    async with ScriptedUpstream(keep_requests=1) as upstream:
        others = "\n".join(f'"{model.id}" = "{model.bare_name}"' for model in load_models() if model.id != FLAGSHIP)
        more = (
            '[upstreams.others]\nkind = "openai_compatible"\nallow_private_addresses = true\n'
            f'base_url = "{upstream.base_url}"\n[upstreams.others.models]\n{others}\n'
        )
        more += '[accounts]\nsign_up = "open"\n'
        settings = upstream_settings(upstream.base_url, more=more, limits="keys_per_account = 1000000")
        async with Gateway(folder, settings=settings) as gateway:
            yield gateway


async def make_identities(gateway: Gateway, document: dict[str, Any]) -> Identities:
    """Make accounts, keys and sessions, and the things that the examples of the document speak of."""
    operator_email = gateway.first["email"]
    caller = await gateway.new_account("caller@example.com", ENDLESS_CREDITS)
    await gateway.new_account("manager@example.com", ENDLESS_CREDITS)
    management = await _key(gateway, "manager@example.com", "management")
    operator = await _key(gateway, operator_email, "operator")
    changed, deleted = [await _key(gateway, "manager@example.com", "api") for _ in range(2)]
    own_changed, own_deleted = [await _key(gateway, operator_email, "management") for _ in range(2)]
    async with plain_client(gateway.url) as client:
        as_operator = {"authorization": f"Bearer {operator}"}
        victim = await client.post("/admin/v1/accounts", json={"email": "victim@example.com"}, headers=as_operator)
        person = document["paths"]["/console/v1/session"]["post"]["requestBody"]["content"]["application/json"][
            "example"
        ]
        await client.post("/admin/v1/accounts", json=person, headers=as_operator)
        coupon = {"code": "SUMMER-2025", "credits": 1}
        await client.post("/admin/v1/coupons", json=coupon, headers=as_operator)
        hello = {"model": FLAGSHIP, "messages": [{"role": "user", "content": "Hello"}]}
        call = await client.post("/v1/chat/completions", json=hello, headers={"authorization": f"Bearer {caller}"})
        as_themselves = [await _session(client, operator_email, gateway.first["password"]) for _ in range(2)]
        leaving = await _session(client, person["email"], person["password"])
        renewing_person = person | {"email": "renewing@example.com"}
        await client.post("/admin/v1/accounts", json=renewing_person, headers=as_operator)
        renewing = await _session(client, renewing_person["email"], renewing_person["password"])
        cookie = {"cookie": f"tollway_session={as_themselves[1]['session']['api_key']}"}
        sessions = (await client.get("/console/v1/sessions", headers=cookie)).json()["data"]
        reset = await gateway.command("account", "reset-link", "victim@example.com")
        as_owner = {"authorization": f"Bearer {gateway.key}"}
        own_call = await client.post("/v1/chat/completions", json=hello, headers=as_owner)
        presets = await _presets(gateway, as_themselves[0])
    keys = {name: {"bearer": key} for name, key in
            {"bearer": caller, "managementKey": management, "operatorKey": operator}.items()}  # fmt: skip
    victim_id: int = victim.json()["id"]
    return Identities(
        credentials=keys | as_themselves[0],
        leaving=leaving,
        renewing=renewing,
        victim=victim_id,
        examples={
            ("changeKey", "prefix"): changed[:8],
            ("deleteKey", "prefix"): deleted[:8],
            ("showAccount", "account_id"): victim_id,
            ("grantCredits", "account_id"): victim_id,
            ("showCoupon", "code"): "SUMMER-2025",
            ("changeCoupon", "code"): "SUMMER-2025",
            ("showReceipt", "inference_id"): call.headers["x-inference-id"],
            ("endSession", "session_id"): next(one["id"] for one in sessions if one["is_current"]),
            ("completeReset", "token"): reset["url"].partition("#token=")[2],
            ("changeOwnersKey", "prefix"): own_changed[:8],
            ("deleteOwnersKey", "prefix"): own_deleted[:8],
            ("showOwnersReceipt", "inference_id"): own_call.headers["x-inference-id"],
            ("showSharedPreset", "token"): presets.pop("showSharedPreset"),
            **{(operation, "preset_id"): preset_id for operation, preset_id in presets.items()},
        },
    )


def play(document: dict[str, Any], url: str, identities: Identities, *, examples_max: int, learns: bool) -> Report:
    """Play the cases of every operation: the examples, the edges of every type, and ``examples_max`` drawn ones.

    With ``learns`` the later cases use what was answered to earlier ones, so that two runs may differ.
    """
    report = Report()
    document = _with_examples(document, identities.examples)
    config = _config(url, identities, examples_max=examples_max, learns=learns)
    # What ends sessions comes last, and with sessions that nothing else needs.
    last = {
        "changePassword": identities.renewing,
        "endOtherSessions": identities.credentials,
        "signOut": identities.leaving,
    }
    left_out = [{"include-operation-id": operation, "enabled": False} for operation in last]
    _play(document, {**config, "operations": [*config["operations"], *left_out]}, identities.credentials, report)
    for operation, credentials in last.items():
        alone = {"exclude-operation-id": operation, "enabled": False}
        _play(document, {**config, "operations": [*config["operations"], alone]}, credentials, report)
    return report


def _config(url: str, identities: Identities, *, examples_max: int, learns: bool) -> dict[str, Any]:
    sources = {"extra-data-sources": {"responses": learns}}
    return {
        "seed": SEED,
        "base-url": url,
        "workers": 1,
        "continue-on-failure": True,
        "cache": {"enabled": False},
        "generation": {
            "max-examples": examples_max,
            "deterministic": True,
            "no-shrink": True,
            "database": "none",
            # Wrong credentials are tried by the check `ignored_auth`; everywhere else they would hide the endpoint.
            "with-security-parameters": False,
        },
        "phases": {
            "examples": sources,
            "coverage": sources,
            "fuzzing": {**sources, "error-feedback": {"enabled": learns}},
            "stateful": {"enabled": False},
        },
        "checks": {
            # What a schema cannot say is refused too: the end of a period before its beginning, an amount finer than
            # a credit. That every operation serves somebody is asserted by the statuses instead.
            "positive_data_acceptance": {"enabled": False},
        },
        "operations": [
            {"include-operation-id": "changeAccount", "parameters": {"path.account_id": identities.victim}},
            {"include-operation-id": "switchModel", "parameters": {"path.model_id": SWITCHED_MODEL}},
        ],
    }


def _play(
    document: dict[str, Any], config: dict[str, Any], credentials: dict[str, dict[str, str]], report: Report
) -> None:
    loaded = schemathesis.Config.from_dict({**config, "auth": {"openapi": credentials}})
    schema = schemathesis.openapi.from_dict(document, config=loaded)
    for event in from_schema(schema).execute():
        match event:
            case events.NonFatalError():
                report.failures.append(f"{event.label}: {event.info.message}")
            case events.FatalError():
                raise event.exception
            case events.ScenarioFinished():
                _read(event.recorder, report)


def _read(recorder: ScenarioRecorder, report: Report) -> None:
    for interaction in recorder.interactions.values():
        report.case_count += 1
        if interaction.response is None:
            report.failures.append(f"{recorder.label}: no answer to {interaction.request.method}")
            continue
        status = interaction.response.status_code
        report.statuses[recorder.label][status] += 1
        # Cases try other methods too, which say nothing of the operation.
        if status < 400 and recorder.label.startswith(f"{interaction.request.method} "):
            report.served.add(recorder.label)
        if interaction.request.method != "HEAD":
            place = f"{interaction.request.method} {interaction.request.uri}"
            report.failures += [f"{place}: {wrong}" for wrong in _wrong_refusal(interaction.response)]
    for checks in recorder.checks.values():
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                told = f"{recorder.label}: {check.name}: {failure.title}: {failure.message}"
                report.failures.append(f"{told}\n{check.failure_info.code_sample}")


def _wrong_refusal(response: Response) -> Iterator[str]:
    """Say what is wrong with a refusal: another form than the contract's, or too much told."""
    text = (response.content or b"").decode(errors="replace")
    yield from (f"tells {word}" for word in INTERNALS if word in text and response.status_code >= 400)
    if response.status_code < 400:
        return
    try:
        body = json.loads(text)
        validate_error(body)
    except (ValueError, ValidationError) as error:
        yield f"{response.status_code} has another form: {error}: {text[:200]}"
        return
    if body["statusCode"] != response.status_code:
        yield f"{response.status_code} says {body['statusCode']}"


def _with_examples(document: dict[str, Any], examples: dict[tuple[str, str], Any]) -> dict[str, Any]:
    """Give path parameters and fields examples that exist on this server."""
    document = deepcopy(document)
    for operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            value = examples.get((operation["operationId"], parameter["name"]))
            if value is not None:
                parameter["example"] = value
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for name in content.get("example", {}):
            value = examples.get((operation["operationId"], name))
            if value is not None:
                content["example"][name] = value
    return document


def _operations(document: dict[str, Any]) -> Iterable[dict[str, Any]]:
    return (operation for methods in document["paths"].values() for operation in methods.values())


async def _key(gateway: Gateway, email: str, kind: str) -> str:
    made = await gateway.command("key", "create", "--account", email, "--kind", kind)
    key: str = made["key"]
    return key


async def _session(client: httpx.AsyncClient, email: str, password: str) -> dict[str, dict[str, str]]:
    answer = await client.post("/console/v1/session", json={"email": email, "password": password})
    client.cookies.clear()
    token = answer.headers["set-cookie"].partition(";")[0].partition("=")[2]
    return {"session": {"api_key": token}, "csrfToken": {"api_key": answer.json()["csrf_token"]}}


async def _presets(gateway: Gateway, session: dict[str, dict[str, str]]) -> dict[str, str]:
    """Save a preset for each operation that names one, and share one; return their ids, and the token."""
    headers = {"x-csrf-token": session["csrfToken"]["api_key"]}
    async with plain_client(gateway.url, headers) as person:
        person.cookies.set("tollway_session", session["session"]["api_key"])
        found: dict[str, str] = {}
        for operation in ("changePreset", "deletePreset", "sharePreset", "unsharePreset", "showSharedPreset"):
            saved: dict[str, object] = {"name": operation, "model": FLAGSHIP, "settings": {}}
            found[operation] = (await person.post("/console/v1/presets", json=saved)).json()["id"]
        shared = await person.post(f"/console/v1/presets/{found['showSharedPreset']}/share")
        return found | {"showSharedPreset": shared.json()["token"]}
