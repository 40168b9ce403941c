"""Token counts where an upstream gives none, or does not split them: the one place that estimates."""

BYTES_PER_TOKEN = 4
"""UTF-8 bytes of one token, as the tokenizers of today's models average over running text.

English has about four characters to a token, each of one byte. Chinese has between one and one and a half characters
to a token, each of three bytes. So one divisor serves both, where a divisor of characters would serve one of them.
"""


def estimate_tokens(text_utf8_bytes: int) -> int:
    """Estimate the tokens of a text by its length in UTF-8 bytes, rounded up; any text at all is at least one token.

    Whatever is billed by this number is marked ``estimated`` on its receipt.
    """
    return -(-text_utf8_bytes // BYTES_PER_TOKEN)


def share_of_tokens(tokens: int, part_utf8_bytes: int, whole_utf8_bytes: int) -> int:
    """Split a known count of tokens by the length of the text that they became, rounded half up.

    A part that has any text gets at least one token if there is one, and never more than ``tokens``.
    """
    if part_utf8_bytes <= 0 or tokens <= 0:
        return 0
    share = (2 * tokens * part_utf8_bytes + whole_utf8_bytes) // (2 * whole_utf8_bytes)
    return min(tokens, max(1, share))


def utf8_length(text: str) -> int:
    """Return the length of a text in UTF-8 bytes; that of ASCII text is known without encoding it."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
