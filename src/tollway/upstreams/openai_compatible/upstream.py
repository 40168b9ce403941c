"""An upstream that speaks chat completions over HTTP."""

import msgspec
from msgspec import Struct

from tollway import __version__
from tollway.kit.clock import Clock
from tollway.kit.http_client import HttpClient, HttpClientError, HttpResponse, RequestHead, split_base_url
from tollway.kit.ids import tool_call_id
from tollway.upstreams.openai_compatible.answer import JsonAnswer, StreamAnswer
from tollway.upstreams.openai_compatible.delta_maker import DeltaMaker
from tollway.upstreams.openai_compatible.dialects import Dialect, reasoning_reader
from tollway.upstreams.openai_compatible.errors import ErrorMapper
from tollway.upstreams.openai_compatible.finish_reasons import FinishWords
from tollway.upstreams.openai_compatible.request_body import OutputLimitField, PrepareMessages, RequestBodyWriter
from tollway.upstreams.port import UpstreamAnswer, UpstreamCall, UpstreamError

_OK = 200
_ERROR_BODY_BYTES_MAX = 64 * 1024
"""How much of an error is read; what comes after would not be shown."""


class UpstreamOptions(Struct, frozen=True, kw_only=True):
    """What distinguishes one upstream from another.

    Attributes:
        id: its name.
        base_url: address up to and without ``/chat/completions``.
        api_key: sent as a bearer token; empty sends none.
        headers: further fixed headers.
        reasoning: where it puts thinking.
        refused_fields: what it must not be sent.
        output_limit_field: what it calls the output limit.
        prepare_messages: brings messages into the order that it insists on.
    """

    id: str
    base_url: str
    api_key: str = ""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    reasoning: Dialect = "auto"
    refused_fields: frozenset[str] = frozenset()
    output_limit_field: OutputLimitField = "max_tokens"
    prepare_messages: PrepareMessages | None = None


class OpenAICompatibleUpstream:
    """Sends calls to one server; owns the client that it is given.

    Raises ``ValueError`` when made with a base URL or a header that is malformed.
    """

    def __init__(self, options: UpstreamOptions, client: HttpClient, clock: Clock) -> None:
        origin, prefix = split_base_url(options.base_url)
        self._options = options
        self._client = client
        # The head of an answer that comes as a whole comes when the answer is complete.
        self._whole_timeouts = msgspec.structs.replace(client.timeouts, first_byte_s=client.timeouts.total_s)
        self._errors = ErrorMapper(clock, options.api_key)
        self._finish_words = FinishWords(options.id)
        self._head = RequestHead(b"POST", origin, prefix + "/chat/completions", _fixed_headers(options))
        self._body = RequestBodyWriter(
            output_limit_field=options.output_limit_field,
            refused_fields=options.refused_fields,
            prepare_messages=options.prepare_messages,
        )

    @property
    def id(self) -> str:
        """Its name in settings, logs and ``x-served-by``."""
        return self._options.id

    @property
    def refused_fields(self) -> frozenset[str]:
        """Fields that are never sent."""
        return self._options.refused_fields

    async def open(self, call: UpstreamCall) -> UpstreamAnswer:
        """Send the call and return once the head of a successful answer has come.

        A stream has the client's ``first_byte_s`` for that, an answer that comes as a whole its ``total_s``.

        Raises:
            UpstreamError: it refused, or could not be reached.
        """
        body = self._body.write(call)
        try:
            response = await self._client.send(
                self._head, body=body, timeouts=None if call.stream else self._whole_timeouts
            )
        except HttpClientError as error:
            raise self._errors.transport(error, comes_whole=not call.stream) from error
        if response.status != _OK:
            raise await self._refusal(response)
        reasoning = reasoning_reader(self._options.reasoning, call.model)
        maker = DeltaMaker(reasoning, tool_call_id, self._finish_words)
        # What came decides, not what was asked for: some servers answer an error, or a short stream, as plain JSON.
        media_type = (response.header(b"content-type") or b"").partition(b";")[0].strip().lower()
        is_stream = media_type == b"text/event-stream" or (call.stream and media_type != b"application/json")
        answer = StreamAnswer if is_stream else JsonAnswer
        return answer(response, maker, self._errors)

    async def close(self) -> None:
        """Close all connections; running answers fail."""
        await self._client.close()

    async def _refusal(self, response: HttpResponse) -> UpstreamError:
        body = bytearray()
        try:
            while len(body) < _ERROR_BODY_BYTES_MAX and (piece := await response.next_chunk()):
                body += piece
        except HttpClientError:
            # The status alone says enough.
            body.clear()
        if len(body) >= _ERROR_BODY_BYTES_MAX:
            response.abort()
        return self._errors.refused(response.status, response.header(b"retry-after"), bytes(body))


def _fixed_headers(options: UpstreamOptions) -> list[tuple[bytes, bytes]]:
    headers = [
        (b"content-type", b"application/json"),
        # Either may come, whatever was asked for.
        (b"accept", b"text/event-stream, application/json"),
        # The client does not decode, and compressed streams arrive late.
        (b"accept-encoding", b"identity"),
        (b"user-agent", b"tollway/" + __version__.encode()),
    ]
    if options.api_key:
        headers.append((b"authorization", b"Bearer " + options.api_key.encode("latin-1", "replace")))
    return headers + list(options.headers)
