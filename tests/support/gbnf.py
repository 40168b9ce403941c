"""Sentences of a GBNF grammar, drawn at random: a small reader of the part of the notation that the product writes."""

import random
import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r'\s*(?:(?P<literal>"(?:[^"\\]|\\.)*")|(?P<class>\[(?:[^\]\\]|\\.)*\])|(?P<name>[A-Za-z][A-Za-z0-9]*)'
    r"|(?P<count>\{\d+(?:,\d*)?\})|(?P<sign>[()|*?]))"
)
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|U([0-9A-Fa-f]{8})|(.))")
_ANY = "aZ09 é😀{}\"'<-"
_DEEP = 60


def sentences(grammar: str, count: int) -> Iterator[str]:
    """Draw `count` sentences, always the same ones for the same grammar."""
    rules = {}
    for line in grammar.splitlines():
        name, _, body = line.partition(" ::= ")
        rules[name] = _Reader(body).alternatives()
    for seed in range(count):
        yield _Writer(rules, random.Random(seed)).write("root")


class _Reader:
    """Parses one rule into nested tuples."""

    def __init__(self, body: str) -> None:
        self._tokens = []
        position = 0
        while position < len(body.rstrip()):
            found = _TOKEN.match(body, position)
            assert found is not None, f"not understood: {body[position:]}"
            self._tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
            position = found.end()
        self._next = 0

    def alternatives(self) -> tuple[object, ...]:
        found = [self._sequence()]
        while self._take("|"):
            found.append(self._sequence())
        return ("either", *found)

    def _sequence(self) -> tuple[object, ...]:
        items: list[object] = []
        while self._next < len(self._tokens) and self._tokens[self._next][1] not in {"|", ")"}:
            items.append(self._item())
        return ("all", *items)

    def _item(self) -> object:
        kind, text = self._tokens[self._next]
        self._next += 1
        item: object
        if text == "(" and kind == "sign":
            item = self.alternatives()
            assert self._take(")")
        else:
            item = (kind, text)
        if self._take("*"):
            return ("repeat", item, 0, None)
        if self._take("?"):
            return ("repeat", item, 0, 1)
        if self._next < len(self._tokens) and self._tokens[self._next][0] == "count":
            least, comma, most = self._tokens[self._next][1][1:-1].partition(",")
            self._next += 1
            return ("repeat", item, int(least), int(most) if most else (None if comma else int(least)))
        return item

    def _take(self, sign: str) -> bool:
        if self._next < len(self._tokens) and self._tokens[self._next] == ("sign", sign):
            self._next += 1
            return True
        return False


class _Writer:
    """Draws one sentence; deep inside it takes the last alternative and the fewest repetitions, to come to an end."""

    def __init__(self, rules: dict[str, tuple[object, ...]], chance: random.Random) -> None:
        self._rules = rules
        self._chance = chance
        self._depth = 0

    def write(self, name: str) -> str:
        return self._node(self._rules[name])

    def _node(self, node: object) -> str:
        match node:
            case ("either", *branches):
                return self._node(branches[-1] if self._depth > _DEEP else self._chance.choice(branches))
            case ("all", *items):
                return "".join(self._node(item) for item in items)
            case ("repeat", item, int(least), most):
                top = least + 2 if not isinstance(most, int) else min(most, least + 2)
                times = least if self._depth > _DEEP else self._chance.randint(least, top)
                return "".join(self._node(item) for _ in range(times))
            case ("literal", str(text)):
                return _unescaped(text[1:-1])
            case ("class", str(text)):
                return self._character(text[1:-1])
            case ("name", str(name)):
                self._depth += 1
                written: str = self.write(name)
                self._depth -= 1
                return written
        raise AssertionError(f"not understood: {node}")

    def _character(self, said: str) -> str:
        pattern = re.compile("[" + _ESCAPE.sub(_class_escape, said) + "]")
        ascii_characters = [chr(code) for code in range(1, 128)]
        fitting: list[str] = [character for character in [*ascii_characters, *_ANY] if pattern.match(character)]
        return self._chance.choice(fitting)


def _class_escape(found: re.Match[str]) -> str:
    if found[1] or found[2]:
        return re.escape(chr(int(found[1] or found[2], 16)))
    return "\\" + found[3]


def _unescaped(text: str) -> str:
    named = {"n": "\n", "r": "\r", "t": "\t"}

    def plain(found: re.Match[str]) -> str:
        return chr(int(found[1] or found[2], 16)) if found[1] or found[2] else named.get(found[3], found[3])

    return _ESCAPE.sub(plain, text)
