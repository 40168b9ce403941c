"""The contract's types and codecs: requests, responses, chunks, server-sent events, errors. Pure, no I/O."""
