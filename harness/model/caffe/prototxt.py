"""Reads protobuf's text format as far as Caffe's network definitions use it.

Source: https://protobuf.dev/reference/protobuf/textformat-spec/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import BadModel

LARGEST_FILE = 4 * 2**20
_DEEPEST = 32
_TOKEN = re.compile(
    r"""(?P<skip>[\s,;]+|\#[^\n]*)
    |(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<mark>[{}<>:\[\]])
    |(?P<word>[^\s,;#"'{}<>:\[\]]+)""",
    re.VERBOSE,
)
_CLOSED_BY = {"{": "}", "<": ">"}


@dataclass
class Message:
    """Fields in the order of the file: name and value, which is text or a message."""

    line: int
    fields: list[tuple[str, str | Message]] = field(default_factory=list)

    def messages(self, name: str) -> list[Message]:
        """All messages of that name."""
        return [value for key, value in self.fields if key == name and isinstance(value, Message)]

    def texts(self, name: str) -> list[str]:
        """All values of that name that are no messages."""
        return [value for key, value in self.fields if key == name and isinstance(value, str)]

    def message(self, name: str) -> Message:
        """The last message of that name, an empty one where there is none."""
        return (self.messages(name) or [Message(self.line)])[-1]

    def text(self, name: str, default: str = "") -> str:
        """The last value of that name."""
        return (self.texts(name) or [default])[-1]


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    line: int


def read_prototxt(path: Path) -> Message:
    """The network definition in a file.

    Raises:
        BadModel: it cannot be read, is no text format, or ends early; the message has the line.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise BadModel(
                f"the definition has {path.stat().st_size:,} bytes; {LARGEST_FILE:,} are read",
                where=str(path),
                hint="Name the prototxt of the network.",
            )
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadModel(
            f"the definition cannot be read: {reason}",
            where=str(path),
            hint="Correct the path of the prototxt.",
        ) from error
    return parse_prototxt(text, str(path))


def parse_prototxt(text: str, where: str) -> Message:
    """The message that `text` holds.

    Raises:
        BadModel: as `read_prototxt`.
    """
    return _Parser(list(_tokens(text, where)), where).message(Message(1), "", 0)


def _tokens(text: str, where: str) -> Iterator[_Token]:
    at, line = 0, 1
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _bad(f"a text that does not end begins with {text[at : at + 20]!r}", line, where)
        kind = str(found.lastgroup)
        if kind != "skip":
            yield _Token(kind, found.group(), line)
        line += found.group().count("\n")
        at = found.end()


class _Parser:
    def __init__(self, tokens: list[_Token], where: str) -> None:
        self._tokens, self._where, self._at = tokens, where, 0

    def message(self, into: Message, closed_by: str, depth: int) -> Message:
        if depth > _DEEPEST:
            raise self._error(f"messages lie more than {_DEEPEST} deep")
        while (token := self._next(f"{closed_by!r} is missing", end_is_fine=not closed_by)).text:
            if token.kind == "mark" and token.text == closed_by:
                return into
            if token.kind != "word":
                raise self._error(f"{token.text!r} stands where a name should")
            into.fields.append((token.text, self._value(token, depth)))
        return into

    def _value(self, name: _Token, depth: int) -> str | Message:
        token = self._next(f"`{name.text}` has no value")
        colon = token.text == ":" and token.kind == "mark"
        if colon:
            token = self._next(f"`{name.text}` has no value")
        if token.kind == "mark" and token.text in _CLOSED_BY:
            return self.message(Message(token.line), _CLOSED_BY[token.text], depth + 1)
        if not colon or token.kind == "mark":
            raise self._error(f"`{name.text}` is followed by {token.text!r}")
        return token.text[1:-1] if token.kind == "text" else token.text

    def _next(self, missing: str, end_is_fine: bool = False) -> _Token:
        if self._at == len(self._tokens):
            if end_is_fine:
                return _Token("end", "", 0)
            raise self._error(f"the file ends where {missing}")
        self._at += 1
        return self._tokens[self._at - 1]

    def _error(self, what: str) -> BadModel:
        line = self._tokens[self._at - 1].line if self._at else 1
        return _bad(what, line, self._where)


def _bad(what: str, line: int, where: str) -> BadModel:
    return BadModel(f"line {line}: {what}", where=where, hint="Correct the prototxt.")
