"""An upstream that answers the documentation's samples, by what a request asks for instead of by a script's name."""

import json

from tests.support.scripted_upstream import RecordedRequest, ScriptedUpstream
from tests.support.upstream_answers import Answer, json_body, stream_events
from tests.support.upstream_scripts import Script, error_script, json_script, stream_script

BUSY_AT_FIRST = "Name a river."
"""To every other request that asks this, it says that it is busy."""

_TIMES = "\N{MULTIPLICATION SIGN}"
SUM_QUESTION = f"What is 12 {_TIMES} 34?"
SUM = Answer(
    reasoning=f"12 {_TIMES} 30 is 360 and 12 {_TIMES} 4 is 48. Together that is 408.",
    content=f"12 {_TIMES} 34 = 408",
    prompt_tokens=18,
    completion_tokens=58,
    reasoning_tokens=41,
)
CITY = Answer(
    reasoning="Lisbon is the capital of Portugal.",
    content='{"city": "Lisbon", "country": "Portugal"}',
    prompt_tokens=40,
    completion_tokens=32,
    reasoning_tokens=18,
)
CALL = Answer(
    reasoning="The tool knows the weather.",
    content="",
    tool_calls=(("call_1", "weather", '{"city": "Lisbon"}'),),
    finish_reason="tool_calls",
    prompt_tokens=70,
    completion_tokens=34,
    reasoning_tokens=12,
)
WEATHER = Answer(
    reasoning="The tool says sunny, 24 °C.",
    content="It is sunny in Lisbon, at 24 °C.",
    prompt_tokens=120,
    completion_tokens=30,
    reasoning_tokens=14,
)
RIVER = Answer(
    reasoning="A long one.", content="The Danube.", prompt_tokens=14, completion_tokens=12, reasoning_tokens=7
)


class DocsUpstream(ScriptedUpstream):
    """The upstream of the documentation's samples."""

    def __init__(self) -> None:
        """Make a server that is not yet open."""
        super().__init__()
        self._asked_for_a_river = 0

    def script_for(self, request: RecordedRequest) -> Script:
        """Choose an answer by what the request asks for."""
        body = request.json
        last = body["messages"][-1]
        if last["content"] == BUSY_AT_FIRST:
            self._asked_for_a_river += 1
            if self._asked_for_a_river % 2:
                return error_script(429, {"error": {"code": "rpm_rate_limit_exceeded"}}, retry_after="1")
            answer = RIVER
        elif last["role"] == "tool":
            answer = WEATHER
        elif "tools" in body:
            answer = CALL
        else:
            answer = CITY if "response_format" in body else SUM
        if body.get("stream"):
            return stream_script(stream_events(answer, piece_chars=12))
        return json_script(json.loads(json_body(answer)))
