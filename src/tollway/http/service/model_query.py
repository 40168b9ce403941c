"""Which models a query keeps, and which sections of them it shows."""

from collections.abc import Callable, Iterable

from msgspec import UNSET, Struct, structs

from tollway.http.service.model_views import Modalities, ModelEntry

_EVERY_SECTION = "all"
_YES = frozenset({"true", "1"})


class ModelQuery(Struct, frozen=True, kw_only=True):
    """The query parameters of the model list, as they came; a repeated parameter has several values.

    Values of one parameter, repeated or separated by commas, are alternatives; different parameters must all hold.
    Case does not count.
    """

    include: list[str] | None = None
    details: list[str] | None = None
    id: list[str] | None = None
    type: list[str] | None = None
    tags: list[str] | None = None
    modalities: list[str] | None = None
    input_modalities: list[str] | None = None
    output_modalities: list[str] | None = None
    capabilities: list[str] | None = None


_FIELDS: dict[str, Callable[[ModelEntry], Iterable[str]]] = {
    "id": lambda entry: (entry.id, *entry.aliases),
    "type": lambda entry: (entry.type,),
    "tags": lambda entry: entry.tags,
    "modalities": lambda entry: (*_modalities(entry).input, *_modalities(entry).output),
    "input_modalities": lambda entry: _modalities(entry).input,
    "output_modalities": lambda entry: _modalities(entry).output,
    "capabilities": lambda entry: entry.capabilities or (),
}


def select(entries: Iterable[ModelEntry], query: ModelQuery) -> list[ModelEntry]:
    """Keep the entries that the query asks for, each with the sections that it asks for."""
    wanted = {name: values for name in _FIELDS if (values := _values(getattr(query, name)))}
    sections = _values(query.include)
    everything = _EVERY_SECTION in sections or not _YES.isdisjoint(_values(query.details))
    kept = [entry for entry in entries if _matches(entry, wanted)]
    return kept if everything else [_without_sections(entry, sections) for entry in kept]


def _matches(entry: ModelEntry, wanted: dict[str, frozenset[str]]) -> bool:
    return all(not values.isdisjoint(text.lower() for text in _FIELDS[name](entry)) for name, values in wanted.items())


def _without_sections(entry: ModelEntry, sections: frozenset[str]) -> ModelEntry:
    return structs.replace(
        entry,
        modalities=entry.modalities if "modalities" in sections else UNSET,
        capabilities=entry.capabilities if "capabilities" in sections else UNSET,
        pricing=entry.pricing if "pricing" in sections else UNSET,
    )


def _values(given: list[str] | None) -> frozenset[str]:
    return frozenset(part.strip().lower() for text in given or () for part in text.split(",") if part.strip())


def _modalities(entry: ModelEntry) -> Modalities:
    return entry.modalities or Modalities([], [])
