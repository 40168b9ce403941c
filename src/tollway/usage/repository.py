"""The usage log in the database: how far back it reaches, and how old rows leave it."""

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from tollway.kit.ids import inference_id_floor
from tollway.usage.tables import inferences, usage_horizon

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

ID_LAG_MS = 60_000
"""Most that the moment in an inference's id and its ``started_at_ms`` are apart, unless the clock was set."""


async def kept_from_ms(connection: "AsyncConnection") -> int:
    """Return the horizon: inferences that started earlier, in Unix milliseconds, may be gone from the log."""
    found = await connection.scalar(select(usage_horizon.c.kept_from_ms))
    return int(found or 0)


async def move_horizon(connection: "AsyncConnection", moment_ms: int) -> int:
    """Move the horizon to the start of a slot, and return where it is now; it never goes back."""
    await connection.execute(
        update(usage_horizon).where(usage_horizon.c.kept_from_ms < moment_ms).values(kept_from_ms=moment_ms)
    )
    return await kept_from_ms(connection)


async def oldest_ids(
    connection: "AsyncConnection", *, started_before_ms: int, after_id: str, at_most: int
) -> list[str]:
    """Return the ids, in their order, of inferences that started before a moment.

    Ids are in order of time, so these are read off their index, and no index of the moments is needed. An inference
    whose clock was set while it started is found later, when the moment has passed its id, too.
    """
    found = await connection.execute(
        select(inferences.c.inference_id)
        .where(
            inferences.c.inference_id > after_id,
            inferences.c.inference_id < inference_id_floor(started_before_ms + ID_LAG_MS),
            inferences.c.started_at_ms < started_before_ms,
        )
        .order_by(inferences.c.inference_id)
        .limit(at_most)
    )
    return list(found.scalars())


async def delete_inferences(
    connection: "AsyncConnection", *, first_id: str, last_id: str, started_before_ms: int
) -> int:
    """Delete the inferences from one id to another, both included, that started before a moment; return how many."""
    done = await connection.execute(
        delete(inferences).where(
            inferences.c.inference_id.between(first_id, last_id), inferences.c.started_at_ms < started_before_ms
        )
    )
    return done.rowcount
