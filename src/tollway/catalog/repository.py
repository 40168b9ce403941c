"""The operator's switches in the database."""

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from tollway.catalog.tables import model_switches

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


async def read_switches(connection: "AsyncConnection") -> dict[str, bool]:
    """Return what the operator switched, by the model's id: True is on, False is off."""
    found = await connection.execute(select(model_switches.c.model_id, model_switches.c.enabled))
    return {row.model_id: row.enabled for row in found}


async def store_switch(connection: "AsyncConnection", model_id: str, *, enabled: bool, now_ms: int) -> None:
    """Switch a model on or off.

    A row's moment always grows, even when the clock does not, so that a look at the moments notices every change.
    """
    query = select(model_switches.c.updated_at_ms).where(model_switches.c.model_id == model_id)
    before_ms = await connection.scalar(query)
    if before_ms is None:
        added = insert(model_switches).values(model_id=model_id, enabled=enabled, updated_at_ms=now_ms)
        await connection.execute(added)
        return
    changed = update(model_switches).where(model_switches.c.model_id == model_id)
    await connection.execute(changed.values(enabled=enabled, updated_at_ms=max(now_ms, before_ms + 1)))
