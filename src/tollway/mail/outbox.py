"""What is to be sent: written and handed over beside the answers, so that nobody waits for a mail server.

Nor can anybody tell from the time of an answer whether there was somebody to write to.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from tollway.mail.errors import MailFailedError
from tollway.mail.port import Mailer, Message

WAITING_MAX = 1_000
AT_ONCE = 4
RETRY_AFTER_S = (5.0, 30.0)
"""Pauses before a message that was not taken is handed over again; after the last one it is given up."""
DRAIN_S = 5.0
"""How long the end of the server waits for what is still to be sent."""

_log = logging.getLogger(__name__)
Compose = Callable[[], Awaitable[Message | None]]
"""Writes a message when its turn has come; None is nothing to send."""


class Outbox:
    """Sends what is posted. It lives in memory: what is not sent within a few tries, or at the end, is lost."""

    def __init__(self, mailer: Mailer | None, *, retry_after_s: tuple[float, ...] = RETRY_AFTER_S) -> None:
        self._mailer = mailer
        self._retry_after_s = retry_after_s
        self._waiting: asyncio.Queue[Compose] = asyncio.Queue(WAITING_MAX)

    @property
    def is_configured(self) -> bool:
        """Whether anything is sent at all."""
        return self._mailer is not None

    def post(self, compose: Compose) -> None:
        """Have a message written and sent later; without a mail server nothing happens."""
        if self._mailer is None:
            return
        try:
            self._waiting.put_nowait(compose)
        except asyncio.QueueFull:
            _log.warning("a mail was given up", extra={"reason": "too many are waiting"})

    def post_message(self, message: Message) -> None:
        """Have a message sent later."""

        async def written() -> Message:
            return message

        self.post(written)

    async def run(self) -> None:
        """Send what is posted, for ever."""
        async with asyncio.TaskGroup() as senders:
            for _ in range(AT_ONCE):
                senders.create_task(self._send_for_ever())

    async def drain(self, timeout_s: float = DRAIN_S) -> None:
        """Wait until everything is sent or given up, or the time is over."""
        try:
            await asyncio.wait_for(self._waiting.join(), timeout_s)
        except TimeoutError:
            _log.warning("mails were given up", extra={"reason": "the server ends"})

    async def _send_for_ever(self) -> None:
        while True:
            compose = await self._waiting.get()
            try:
                message = await compose()
                if message is not None:
                    await self._send(message)
            except Exception:  # noqa: BLE001 - Whatever went wrong is logged, and the next message must go on its way.
                _log.exception("a mail could not be written")
            finally:
                self._waiting.task_done()

    async def _send(self, message: Message) -> None:
        assert self._mailer is not None, "without a mailer nothing is posted"
        for pause_s in (*self._retry_after_s, None):
            try:
                await self._mailer.send(message)
            except MailFailedError as error:
                is_last = pause_s is None or error.is_final
                event = "a mail was given up" if is_last else "a mail was not taken"
                _log.warning(event, extra={"subject": message.subject, "reason": error.message})
                if is_last:
                    return
                await asyncio.sleep(pause_s or 0.0)
            else:
                return
