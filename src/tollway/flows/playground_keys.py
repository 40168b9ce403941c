"""Which key the calls of an account's playground are counted under."""

from tollway.keys.playground import find_or_create_playground_key, find_playground_key
from tollway.keys.types import KeyEntry
from tollway.kit.clock import Clock
from tollway.kit.database import Database


class PlaygroundKeys:
    """The keys of the accounts' playgrounds, each made when it is first asked for."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def key_of(self, account_id: int) -> KeyEntry:
        """Return the key of an account's playground. First calls that come at once get the same one."""
        async with self._database.connect() as connection:
            found = await find_playground_key(connection, account_id)
        if found is not None:
            return found
        # Another call may have been first; this transaction has the write lock when it looks again.
        async with self._database.begin() as connection:
            return await find_or_create_playground_key(connection, account_id, self._clock.now_ms())
