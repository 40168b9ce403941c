"""What runs beside the requests does not die silently."""

import asyncio

import pytest

from tollway.app import background
from tollway.http.lazy_app import AsgiApp, LazyApp


async def test_work_that_fails_is_logged_and_begun_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(background, "RESTART_AFTER_S", 0.0)
    starts = 0

    async def work() -> None:
        nonlocal starts
        starts += 1
        if starts < 3:
            raise LookupError("the loop has a bug")

    async with asyncio.timeout(60):
        await background.supervise(work)

    assert starts == 3
    assert caplog.text.count("LookupError: the loop has a bug") == 2


async def test_work_that_fails_while_it_is_ended_ends() -> None:
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            raise LookupError("cannot store at the end")

    task = asyncio.create_task(background.supervise(work))
    await begun.wait()
    task.cancel()

    await asyncio.wait_for(asyncio.wait([task]), 60)
    assert task.done()


async def test_an_app_that_could_not_be_made_is_tried_again() -> None:
    tries = 0

    async def answer(scope: object, receive: object, send: object) -> None:
        """Answer nothing."""

    def make() -> AsgiApp:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise ImportError("no memory for it")
        return answer

    lazy = LazyApp(make)

    with pytest.raises(ImportError):
        await lazy.load()
    assert await lazy.load() is answer
    assert await lazy.load() is answer
    assert tries == 2
