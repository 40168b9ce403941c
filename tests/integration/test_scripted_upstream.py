"""The scripted upstream itself: how a script is chosen, and what is recorded."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.upstream_scripts import json_script
from tollway.kit.http_client import HttpClient, IncompleteBody, Origin

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    client = HttpClient()
    yield client
    await client.close()


async def ask(client: HttpClient, origin: str, *, script: str = "", text: str = "hi", model: str = "page") -> int:
    headers = [(b"x-script", script.encode())] if script else []
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": text}]}).encode()
    response = await client.request("POST", Origin.parse(origin), "/v1/chat/completions", headers=headers, body=body)
    await response.read()
    return response.status


async def test_the_script_comes_from_queue_header_message_or_model(client: HttpClient) -> None:
    async with ScriptedUpstream() as server:
        server.play(json_script({}, status=418))
        server.learn("teapot", json_script({}, status=418))

        assert await ask(client, server.origin, script="status-500") == 418
        assert await ask(client, server.origin, script="status-500", text="script:status-400") == 500
        assert await ask(client, server.origin, text="please script:status-400 now", model="teapot") == 400
        assert await ask(client, server.origin, model="teapot") == 418
        assert await ask(client, server.origin, model="anything") == 200
        assert [request.json["model"] for request in server.requests][-1] == "anything"
        assert (server.request_count, server.connection_count, server.abort_count) == (5, 1, 0)


@pytest.mark.parametrize("script", ["close-mid", "reset-mid"])
async def test_a_json_body_is_cut_behind_a_sound_head(client: HttpClient, script: str) -> None:
    async with ScriptedUpstream() as server:
        body = json.dumps({"model": script, "messages": [{"role": "user", "content": "hi"}]}).encode()
        response = await client.request("POST", Origin.parse(server.origin), "/v1/chat/completions", body=body)
        received = await response.next_chunk()

        with pytest.raises(IncompleteBody):
            await response.read()
        assert 0 < len(received) < int(response.header(b"content-length") or b"0")


async def test_it_runs_by_itself(client: HttpClient) -> None:
    command = [sys.executable, "-m", "tests.support.scripted_upstream"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:  # noqa: ASYNC220 - it starts at once
        try:
            assert process.stdout is not None
            origin = json.loads(process.stdout.readline())["base_url"].removesuffix("/v1")
            queue = await client.request("POST", Origin.parse(origin), "/queue", body=b'["status-503"]')
            await queue.read()
            statuses = [await ask(client, origin), await ask(client, origin)]
            recorded = await client.request("GET", Origin.parse(origin), "/recorded")
            counts = json.loads(await recorded.read())
        finally:
            process.terminate()

    assert statuses == [503, 200]
    assert (counts["requests"], counts["aborted"], counts["connections"]) == (2, 0, 1)
    assert process.returncode == 0
