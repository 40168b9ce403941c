"""Cutting spans of time into what roll-ups hold and what only the rows themselves tell."""

from msgspec import Struct

from tollway.usage.types import SLOT_MS, WIDE_SLOT_MS


class Span(Struct, frozen=True):
    """A span of time in Unix milliseconds: ``from_ms`` belongs to it, ``to_ms`` does not."""

    from_ms: int
    to_ms: int


class Cut(Struct, frozen=True):
    """A span in pieces that neither overlap nor leave a gap, each list oldest first.

    Attributes:
        wide: pieces made of whole slots of three hours.
        narrow: pieces made of whole slots of 15 minutes.
        rows: pieces within one slot, of which the rows of the log have to be read.
    """

    wide: tuple[Span, ...]
    narrow: tuple[Span, ...]
    rows: tuple[Span, ...]


def cut(span: Span, kept_from_ms: int) -> Cut:
    """Cut a span so that as few slots and rows as possible have to be read.

    Rows from before ``kept_from_ms``, the start of a slot, may be gone. There a slot counts as a whole in the span
    that its start lies in, so that spans that follow each other still add up.
    """
    from_ms, to_ms = span.from_ms, span.to_ms
    if from_ms >= to_ms:
        return Cut((), (), ())
    first_ms, last_ms = _up(from_ms, SLOT_MS), _down(to_ms, SLOT_MS)
    if to_ms > last_ms and last_ms < kept_from_ms:
        last_ms = _up(to_ms, SLOT_MS)
    rows: list[Span] = []
    if first_ms > from_ms >= kept_from_ms:
        rows.append(Span(from_ms, min(first_ms, to_ms)))
    if to_ms > last_ms >= first_ms:
        rows.append(Span(last_ms, to_ms))
    if first_ms >= last_ms:
        return Cut((), (), tuple(rows))
    wide_from_ms, wide_to_ms = _up(first_ms, WIDE_SLOT_MS), _down(last_ms, WIDE_SLOT_MS)
    if wide_from_ms >= wide_to_ms:
        return Cut((), (Span(first_ms, last_ms),), tuple(rows))
    borders = (Span(first_ms, wide_from_ms), Span(wide_to_ms, last_ms))
    narrow = tuple(border for border in borders if border.from_ms < border.to_ms)
    return Cut((Span(wide_from_ms, wide_to_ms),), narrow, tuple(rows))


def wide_slot(moment_ms: int) -> Span:
    """Return the slot of three hours that begins at a moment."""
    return Span(moment_ms, moment_ms + WIDE_SLOT_MS)


def narrow_slot(moment_ms: int) -> Span:
    """Return the slot of 15 minutes that begins at a moment."""
    return Span(moment_ms, moment_ms + SLOT_MS)


def _up(moment_ms: int, slot_ms: int) -> int:
    return -(-moment_ms // slot_ms) * slot_ms


def _down(moment_ms: int, slot_ms: int) -> int:
    return moment_ms // slot_ms * slot_ms
