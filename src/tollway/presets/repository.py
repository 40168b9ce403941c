"""Presets in the database. Callers own the transaction."""

from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import RowMapping, Select, delete, func, insert, select, update

from tollway.presets.tables import presets
from tollway.presets.types import Preset

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


async def insert_preset(connection: "AsyncConnection", preset: Preset) -> None:
    """Store a new preset."""
    await connection.execute(insert(presets), _row(preset))


async def update_preset(connection: "AsyncConnection", preset: Preset) -> None:
    """Store a preset as it is now."""
    await connection.execute(update(presets).where(presets.c.id == preset.id), _row(preset))


async def delete_preset(connection: "AsyncConnection", preset: Preset) -> None:
    """Delete a preset for good."""
    await connection.execute(delete(presets).where(presets.c.id == preset.id))


async def find_preset(connection: "AsyncConnection", account_id: int, preset_id: str) -> Preset | None:
    """Look up a preset of an account."""
    return await _found(
        connection, select(presets).where(presets.c.id == preset_id, presets.c.account_id == account_id)
    )


async def find_named_preset(connection: "AsyncConnection", account_id: int, name: str) -> Preset | None:
    """Look up the preset of an account that has the name."""
    return await _found(connection, select(presets).where(presets.c.account_id == account_id, presets.c.name == name))


async def find_shared_preset(connection: "AsyncConnection", share_token: str) -> Preset | None:
    """Look up what is shared under a token, whoever's it is."""
    return await _found(connection, select(presets).where(presets.c.share_token == share_token))


async def list_presets(connection: "AsyncConnection", account_id: int) -> list[Preset]:
    """Every preset of an account, in the order of their names."""
    query = select(presets).where(presets.c.account_id == account_id).order_by(presets.c.name)
    return [_preset(row) for row in (await connection.execute(query)).mappings()]


async def count_presets(connection: "AsyncConnection", account_id: int) -> int:
    """Count the presets of an account."""
    query = select(func.count()).select_from(presets).where(presets.c.account_id == account_id)
    return (await connection.execute(query)).scalar_one()


async def _found(connection: "AsyncConnection", query: Select[tuple[object, ...]]) -> Preset | None:
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else _preset(row)


def _row(preset: Preset) -> dict[str, object]:
    return msgspec.structs.asdict(preset) | {"settings": msgspec.json.encode(preset.settings).decode()}


def _preset(row: RowMapping) -> Preset:
    return Preset(**{**row, "settings": msgspec.json.decode(row["settings"])})
