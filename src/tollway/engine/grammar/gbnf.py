"""The notation: literals, named rules, and the rules of JSON that every grammar needs."""

from tollway.engine.errors import EngineRequestError

MAX_UNITS = 20_000
"""Rules and repetitions that a grammar may have; llama.cpp unrolls every repetition when it reads a grammar."""

FREE_TEXT = "root ::= [^ \\t\\r\\n] any*\nany ::= [\\x00-\\U0010FFFF]"
"""Any text that is not empty and does not begin with white space: an answer cannot end before it began."""

_JSON_RULES = {
    "string": r'"\"" char* "\""',
    "char": r'[^"\\\x00-\x1F\x7F] | "\\" ["\\/bfnrt]',
    "digits": "[0-9]{1,6}",
    "fraction": '"." [0-9]{0,5} [1-9]',
    "integer": '"-"? natural',
    "natural": '"0" | [1-9] [0-9]{0,14}',
    "number": "integer fraction?",
    "boolean": '"true" | "false"',
    "null": '"null"',
    "scalar": "string | number | boolean | null",
}
_NEEDS = {
    "string": ("char",),
    "integer": ("natural",),
    "number": ("integer", "fraction"),
    "scalar": ("string", "number", "boolean", "null"),
}
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def literal(text: str) -> str:
    """Write text that must appear exactly."""
    return '"' + "".join(_ESCAPES.get(character) or _plain(character) for character in text) + '"'


def repeated(item: str, separator: str, least: int, most: int | None) -> str:
    """Write ``least`` to ``most`` times ``item`` with a separator between them; None is no upper bound."""
    if most == 0:
        return '""'
    more = f"({literal(separator)} {item})" + count_of(max(0, least - 1), None if most is None else most - 1)
    return f"{item} {more}" if least else f"({item} {more})?"


def count_of(least: int, most: int | None) -> str:
    """Write how often what stands before may occur."""
    return f"{{{least},{'' if most is None else most}}}"


class Rules:
    """The named rules of one grammar, within a bound on its size."""

    def __init__(self) -> None:
        self._bodies: dict[str, str] = {}
        self._units = 0

    def reserve(self) -> str:
        """Return a new name whose rule follows, so that rules can refer to each other."""
        self.spend(1)
        name = f"r{len(self._bodies)}"
        self._bodies[name] = ""
        return name

    def define(self, name: str, body: str) -> str:
        """Give a reserved name its rule."""
        self._bodies[name] = body
        return name

    def add(self, body: str) -> str:
        """Add a rule and return its name."""
        return self.define(self.reserve(), body)

    def json(self, name: str) -> str:
        """Return the name of one of JSON's own rules, adding it where it is not there yet."""
        if name not in self._bodies:
            self._bodies[name] = _JSON_RULES[name]
            for needed in _NEEDS.get(name, ()):
                self.json(needed)
        return name

    def any_value(self, depth: int) -> str:
        """Return a rule for any JSON value in which objects and arrays nest at most ``depth`` deep."""
        name = f"value{depth}"
        if name not in self._bodies:
            self.json("scalar")
            body = "scalar" if depth == 0 else f"scalar | {self.any_object(depth)} | {self.any_array(depth)}"
            self._bodies[name] = body
        return name

    def any_object(self, depth: int) -> str:
        """Return a rule for any object in which further ones nest at most ``depth - 1`` deep."""
        name = f"object{depth}"
        if name not in self._bodies:
            pair = f"({self.json('string')} {literal(': ')} {self.any_value(depth - 1)})"
            self._bodies[name] = f"{literal('{')} {repeated(pair, ', ', 0, None)} {literal('}')}"
        return name

    def any_array(self, depth: int) -> str:
        """Return a rule for any array in which further ones nest at most ``depth - 1`` deep."""
        name = f"array{depth}"
        if name not in self._bodies:
            items = repeated(self.any_value(depth - 1), ", ", 0, None)
            self._bodies[name] = f"{literal('[')} {items} {literal(']')}"
        return name

    def spend(self, units: int) -> None:
        """Count rules and repetitions.

        Raises:
            EngineRequestError: the grammar becomes larger than ``MAX_UNITS``.
        """
        self._units += units
        if self._units > MAX_UNITS:
            raise EngineRequestError("The schema is too large for the embedded engine.", code="unsupported", param="")

    def text(self, root: str) -> str:
        """Write the grammar whose start is ``root``, an expression."""
        return "\n".join([f"root ::= {root}", *(f"{name} ::= {body}" for name, body in self._bodies.items())])


def _plain(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02X}" if code < 0x20 or code == 0x7F else character  # noqa: PLR2004 - control characters of ASCII
