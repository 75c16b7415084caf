"""A strict subset of YAML, read into plain values that remember their line.

One document; mappings, sequences and scalars; no anchors, aliases, tags, merge keys or duplicate keys; and no
plain scalar that YAML 1.1 reads as something else than it looks like (``no``, ``012``, ``1:30``,
``2024-01-02``). Size, depth, values and reported problems are bounded: no file costs more than a moment.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 8
MAX_NODES = 10_000
LONGEST_WORD = 200
MAX_PROBLEMS = 100
_SHOWN = 60
# Controls, directions, widths of nothing and private characters: a text holds what a reader sees of it.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\uf8ff]"
)
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
_SWITCHES = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false"})
# The lookahead keeps a long run of underscores from being divided in every possible way.
_NUMBER_LIKE = re.compile(
    r"[-+]?0[0-9_.]*[0-9]|[-+]?[0-9]+(:[0-9]+)+|[-+]?[0-9.]+[eE][-+]?[0-9]+"
    r"|[-+]?[0-9](?=[0-9_]*_)[0-9_]*|0[xXoObB]\w+"
)
_DATE_LIKE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*")
_TIGHT_COMMENT = re.compile(r"[ \t]+#[^ \t#]")


@dataclass(frozen=True)
class Problem:
    """One thing wrong in one file: where and what."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        """``file:line: field: message``."""
        return f"{self.file}:{self.line}: {self.field}: {self.message}"


class BankError(ValueError):
    """A bank file was refused; ``problems`` says why, in file order."""

    def __init__(self, problems: list[Problem]) -> None:
        more = len(problems) - MAX_PROBLEMS
        if more > 0:
            last = problems[MAX_PROBLEMS - 1]
            problems = [*problems[:MAX_PROBLEMS], Problem(last.file, last.line, "file", f"{more} more")]
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


@dataclass(frozen=True)
class Node:
    """A value with the line on which it starts.

    ``value`` is text, a number, a truth value, ``None``, a list of nodes or a dict from key to node.
    """

    line: int
    value: Any

    def plain(self) -> Any:
        """The value without lines; text in Unicode NFC and without trailing blanks."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return tidy(self.value) if isinstance(self.value, str) else self.value


def tidy(text: str) -> str:
    """Text in Unicode NFC, line ends without trailing blanks, no blank lines around it."""
    return "\n".join(line.rstrip() for line in unicodedata.normalize("NFC", text).splitlines()).strip()


def shown(text: str) -> str:
    """Text as a message names it: short, and without characters that change how the message reads."""
    cut = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
    return "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in cut)


def read_text(data: bytes, *, name: str) -> str:
    """The bytes of a file as text. Raises ``BankError`` when too large or not plain UTF-8."""
    if len(data) > MAX_BYTES:
        raise BankError([Problem(name, 1, "file", "larger than 1 MiB (1048576 bytes)")])
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BankError([Problem(name, line, "file", "not UTF-8; save the file as UTF-8")]) from error
    if text.startswith("\ufeff"):
        raise BankError([Problem(name, 1, "file", "starts with a byte order mark; save as UTF-8 without it")])
    return text


def read_bytes(path: Path) -> bytes:
    """At most one byte more than the limit, so that a huge file is never read whole."""
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise BankError([Problem(path.name, 1, "file", error.strerror or "cannot be read")]) from error


def parse(text: str, *, name: str) -> Node:
    """The one document of a text. Raises ``BankError`` with every problem of form that was met."""
    reader = _Reader(text, name)
    try:
        root = reader.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = f"not valid YAML: {error.problem or error.context}; quote text that holds ': ' or ' #'"
        reader.complain(mark.line + 1 if mark else 1, "file", reason)
    except yaml.YAMLError as error:
        reader.complain(1, "file", f"not valid YAML: {' '.join(str(error).split())}")
    if reader.problems:
        raise BankError(reader.problems)
    return root


class _Reader:
    """Builds nodes from parser events, where anchors, aliases and tags are still visible."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.lines = text.splitlines()
        self.events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self.resolver: Any = yaml.resolver.Resolver()
        self.problems: list[Problem] = []
        self.count = 0

    def complain(self, line: int, field: str, message: str) -> None:
        self.problems.append(Problem(self.name, line, field, message))
        if len(self.problems) >= MAX_PROBLEMS:
            self.stop(line, "file", "so many problems that the rest of the file was not read")

    def stop(self, line: int, field: str, message: str) -> NoReturn:
        raise BankError([*self.problems[: MAX_PROBLEMS - 1], Problem(self.name, line, field, message)])

    def document(self) -> Node:
        next(self.events)
        start = next(self.events)
        if isinstance(start, yaml.StreamEndEvent):
            self.complain(1, "file", "empty")
            return Node(1, None)
        if start.version or start.tags:
            self.complain(1, "file", "directives (%YAML, %TAG) are refused")
        root = self.node(next(self.events), "file", 0)
        next(self.events)
        following = next(self.events)
        if not isinstance(following, yaml.StreamEndEvent):
            self.complain(
                following.start_mark.line + 1, "file", "one document per file; remove the second '---'"
            )
        return root

    def node(self, event: Any, field: str, depth: int) -> Node:
        line = event.start_mark.line + 1
        self.count += 1
        if self.count > MAX_NODES:
            self.stop(line, field, f"more than {MAX_NODES} values")
        if isinstance(event, yaml.AliasEvent):
            self.complain(line, field, f"alias *{shown(str(event.anchor))} refused; write the value out")
            return Node(line, None)
        if event.anchor:
            self.complain(line, field, f"anchor &{shown(event.anchor)} refused; write the value out")
        if event.tag:
            self.complain(line, field, f"tag {shown(event.tag)} refused; remove it")
        if isinstance(event, yaml.ScalarEvent):
            return Node(line, self.scalar(event, field))
        if depth >= MAX_DEPTH:
            self.stop(line, field, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(line, self.sequence(field, depth))
        return Node(line, self.mapping(field, depth))

    def sequence(self, field: str, depth: int) -> list[Node]:
        nodes: list[Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            nodes.append(self.node(event, f"{field}[{len(nodes)}]", depth + 1))
        return nodes

    def mapping(self, field: str, depth: int) -> dict[str, Node]:
        nodes: dict[str, Node] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key_node = self.node(event, field, depth + 1)
            key = key_node.value if isinstance(key_node.value, str) else ""
            inner = shown(key) if field == "file" else f"{field}.{shown(key)}"
            if not isinstance(key_node.value, str):
                self.complain(key_node.line, field, "a key must be text")
            elif key == "<<":
                self.complain(key_node.line, field, "merge key '<<' refused; write the values out")
            elif key in nodes:
                self.complain(key_node.line, inner, f"key given twice, first on line {nodes[key].line}")
            nodes[key] = self.node(next(self.events), inner, depth + 1)
        return nodes

    def scalar(self, event: Any, field: str) -> Any:
        value: str = event.value
        if event.style:
            return value
        line = event.start_mark.line + 1
        if value in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[value]
        if _INTEGER.fullmatch(value) and len(value) <= 15:
            return int(value)
        if _DECIMAL.fullmatch(value) and len(value) <= 25:
            return float(value)
        if len(value) > LONGEST_WORD and " " not in value and "\n" not in value:
            self.complain(line, field, f"one word of {len(value)} characters; quote it")
        elif value != "<<" and (message := self.surprise(value)):
            self.complain(line, field, message)
        last = event.end_mark
        if last.line < len(self.lines) and _TIGHT_COMMENT.match(self.lines[last.line], last.column):
            self.complain(last.line + 1, field, "' #' ends unquoted text; quote the whole text")
        return value

    def surprise(self, value: str) -> str | None:
        """Why a plain scalar is not what it looks like, with the remedy; None for ordinary text."""
        if value == "":
            return "no value; write null, or text in quotes"
        if value == "~" or value.lower() == "null":
            return 'write null, or the quoted text "null"'
        read_as = None
        if value.lower() in _SWITCHES:
            read_as = "a truth value"
        elif _DATE_LIKE.fullmatch(value):
            read_as = "a date"
        elif _NUMBER_LIKE.fullmatch(value):
            read_as = "an octal, base-60 or other number"
        elif self.resolver.resolve(yaml.ScalarNode, value, (True, False)) != "tag:yaml.org,2002:str":
            read_as = "something else than text"
        text = shown(value)
        return f'{text} is read as {read_as} by some YAML readers; quote it: "{text}"' if read_as else None
