"""Models that the operator takes off the offer, and brings back."""

from collections.abc import Awaitable, Callable

from tollway.audit.service import new_entry, record
from tollway.audit.types import Actor
from tollway.catalog.errors import ModelDeprecatedError
from tollway.catalog.repository import read_switches, store_switch
from tollway.catalog.service import Catalog
from tollway.catalog.types import Model
from tollway.kit.clock import Clock
from tollway.kit.database import Database


class SwitchModels:
    """Stores the operator's switches, each change with an entry in the audit trail.

    ``refresh`` makes this process use what has changed.
    """

    def __init__(
        self, database: Database, clock: Clock, catalog: Catalog, refresh: Callable[[], Awaitable[None]]
    ) -> None:
        self._database = database
        self._clock = clock
        self._catalog = catalog
        self._refresh = refresh

    async def switch(self, name: str, actor: Actor, *, enabled: bool) -> Model:
        """Offer a model, or stop offering it, and return the model; requests under way are answered.

        The change is durable, and in force in this process, when this returns; elsewhere within a second. One that
        changes nothing leaves no trace.

        Args:
            name: the model's id, or an alias.
            actor: who does it.
            enabled: whether the model is to be offered.

        Raises:
            UnknownModelError: there is no such model.
            ModelDeprecatedError: the model has a successor, and is not offered any more.
        """
        model = self._catalog.find(name)
        if model.successor is not None:
            raise ModelDeprecatedError(model.id, model.successor)
        now_ms = self._clock.now_ms()
        async with self._database.begin() as connection:
            # The switches are read anew: another process may have changed them.
            before = (await read_switches(connection)).get(model.id, model.enabled)
            if before is not enabled:
                await store_switch(connection, model.id, enabled=enabled, now_ms=now_ms)
                entry = new_entry(
                    actor=actor,
                    action="model.switch",
                    subject=model.id,
                    now_ms=now_ms,
                    details={"before": {"enabled": before}, "after": {"enabled": enabled}},
                )
                await record(connection, entry)
        await self._refresh()
        return model
