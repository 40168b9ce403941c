"""What of an upstream's answer the caller sees: emulated stops applied, everything counted on the way."""

from msgspec.structs import replace

from tollway.flows.complete_chat.exchange import Exchange
from tollway.flows.complete_chat.json_format import wants_json
from tollway.flows.complete_chat.stop_filter import StopFilter
from tollway.flows.complete_chat.whole_tool_calls import ToolCallGatherer, wants_whole_tool_calls
from tollway.upstreams.types import Opened
from tollway.wire.deltas import Delta


class VisibleAnswer:
    """Passes steps of an answer on to the caller.

    Attributes:
        stopped: whether a stop sequence ended the answer here.
        text: the visible content so far, kept only where the ``response_format`` will be checked.
    """

    def __init__(self, exchange: Exchange, opened: Opened) -> None:
        request = exchange.read.request
        emulate = bool(request.stop_sequences) and "stop" in opened.refused_fields
        self._tally = exchange.tally
        self._filter = StopFilter(request.stop_sequences) if emulate else None
        self._calls = ToolCallGatherer() if wants_whole_tool_calls(request) else None
        self._keeps_text = wants_json(request)
        self.stopped = False
        self.text = ""

    def take(self, deltas: list[Delta]) -> list[Delta]:
        """Count steps and return them as the caller sees them."""
        if self._filter is None and self._calls is None and not self._keeps_text:
            for delta in deltas:
                self._tally.add(delta)
            return deltas
        shown = []
        for delta in deltas:
            seen = self._cut(delta)
            if self._calls is not None:
                seen = self._calls.feed(seen)
            self._tally.add(seen)
            self.text += seen.content if self._keeps_text else ""
            shown.append(seen)
            if self.stopped:
                break
        return shown

    def end(self) -> Delta | None:
        """Return what was held back until the answer's end, counted, or None."""
        held = self._filter.flush() if self._filter is not None else ""
        if not held:
            return None
        delta = Delta(content=held)
        self._tally.add(delta)
        self.text += held if self._keeps_text else ""
        return delta

    def _cut(self, delta: Delta) -> Delta:
        if self._filter is None or not delta.content:
            return delta
        content = self._filter.feed(delta.content)
        if not self._filter.stopped:
            return replace(delta, content=content)
        self.stopped = True
        return replace(delta, content=content, finish_reason="stop", tool_calls=())
