"""Kinds of field in a bank file: each checks one node and reports what is wrong with it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from vignettes.strict_yaml import INVISIBLE, Node, shown, tidy

Complain = Callable[[int, str, str], None]
# Typographic characters read like ASCII but break search, comparison and monospaced diffs.
_REFUSED = {
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u2010": "-",
    "\u2011": "-",
    "\u2012": "-",
    "\u2013": "-",
    "\u2014": "-",
    "\u2212": "-",
    "\u03bc": "\u00b5 (micro sign)",
    "\u00a0": "a blank",
    "\u202f": "a blank",
    "\u2009": "a blank",
    "\t": "blanks",
}


class Field(Protocol):
    """A rule for one node; it reports through ``complain`` and never raises for bad input."""

    def check(self, node: Node, field: str, complain: Complain) -> None:
        """Report everything wrong with ``node``, called ``field`` in messages."""


@dataclass(frozen=True)
class Text:
    """Text of limited length in characters or words; optionally of one shape."""

    max_chars: int = 1000
    words: tuple[int, int] | None = None
    pattern: str | None = None
    shape: str = ""
    nullable: bool = False

    def check(self, node: Node, field: str, complain: Complain) -> None:
        """Text, not empty, within its limits, in plain characters."""
        if node.value is None and self.nullable:
            return
        if not isinstance(node.value, str):
            complain(node.line, field, f"expected text, got {describe(node)}{remedy(node)}")
            return
        # Bringing a long text into its normal form can take minutes: its length decides first.
        text = tidy(node.value) if len(node.value) <= 4 * self.max_chars else node.value
        if not text:
            complain(node.line, field, "must not be empty" + ("; write null" if self.nullable else ""))
        if len(text) > self.max_chars:
            complain(node.line, field, f"{len(text)} characters, at most {self.max_chars} allowed")
            return
        if self.pattern and text and not re.fullmatch(self.pattern, text):
            complain(node.line, field, f"'{shown(text)}' is not {self.shape}")
        count = len(text.split())
        if self.words and text and not self.words[0] <= count <= self.words[1]:
            complain(node.line, field, f"{count} words, {self.words[0]} to {self.words[1]} allowed")
        _check_characters(node, field, complain)


@dataclass(frozen=True)
class Constant:
    """Exactly one value."""

    expected: str | int

    def check(self, node: Node, field: str, complain: Complain) -> None:
        """The expected value and no other."""
        if type(node.value) is not type(self.expected) or node.value != self.expected:
            complain(node.line, field, f"must be exactly {self.expected!r}")


@dataclass(frozen=True)
class Choice:
    """One word of an enumeration."""

    options: tuple[str, ...]

    def check(self, node: Node, field: str, complain: Complain) -> None:
        """One of the options."""
        if not isinstance(node.value, str) or node.value not in self.options:
            complain(node.line, field, f"{describe(node)} is not one of {', '.join(self.options)}")


@dataclass(frozen=True)
class Integer:
    """A whole number within limits."""

    low: int
    high: int

    def check(self, node: Node, field: str, complain: Complain) -> None:
        """A whole number from low to high."""
        if not isinstance(node.value, int) or isinstance(node.value, bool):
            complain(node.line, field, f"expected a whole number, got {describe(node)}")
        elif not self.low <= node.value <= self.high:
            complain(node.line, field, f"{node.value} is outside {self.low} to {self.high}")


@dataclass(frozen=True)
class Number:
    """A number, whole or decimal."""

    def check(self, node: Node, field: str, complain: Complain) -> None:
        """A number."""
        if not isinstance(node.value, int | float) or isinstance(node.value, bool):
            complain(node.line, field, f"expected a number, got {describe(node)}")


@dataclass(frozen=True)
class Boolean:
    """true or false."""

    def check(self, node: Node, field: str, complain: Complain) -> None:
        """true or false."""
        if not isinstance(node.value, bool):
            complain(node.line, field, f"expected true or false, got {describe(node)}")


@dataclass(frozen=True)
class Sequence:
    """A list of like fields."""

    item: Field
    low: int
    high: int
    unique: bool = False

    def check(self, node: Node, field: str, complain: Complain) -> None:
        """A list of allowed length whose items pass; without repeats when so set."""
        if not isinstance(node.value, list):
            complain(node.line, field, f"expected a list, got {describe(node)}")
            return
        if not self.low <= len(node.value) <= self.high:
            complain(node.line, field, f"{len(node.value)} entries, {self.low} to {self.high} allowed")
            return
        seen: list[Any] = []
        for index, item in enumerate(node.value):
            self.item.check(item, f"{field}[{index}]", complain)
            if self.unique and item.plain() in seen:
                complain(item.line, f"{field}[{index}]", f"{describe(item)} given twice")
            seen.append(item.plain())


@dataclass(frozen=True)
class Record:
    """A mapping with exactly these keys."""

    fields: Mapping[str, Field]

    def check(self, node: Node, field: str, complain: Complain) -> None:
        """Every key present, none unknown, every value right."""
        if not isinstance(node.value, dict):
            complain(node.line, field, f"expected keys {', '.join(self.fields)}, got {describe(node)}")
            return
        for key, value in node.value.items():
            if key not in self.fields:
                known = ", ".join(self.fields)
                complain(value.line, _inner(field, shown(key)), f"unknown key; known here: {known}")
        for key, rule in self.fields.items():
            if key in node.value:
                rule.check(node.value[key], _inner(field, key), complain)
            else:
                complain(node.line, _inner(field, key), "missing")


@dataclass(frozen=True)
class AnyMapping:
    """A mapping whose keys another check knows."""

    def check(self, node: Node, field: str, complain: Complain) -> None:
        """A mapping."""
        if not isinstance(node.value, dict):
            complain(node.line, field, f"expected a mapping, got {describe(node)}")


def describe(node: Node) -> str:
    """A node in a few words for a message."""
    if isinstance(node.value, dict):
        return "a mapping"
    if isinstance(node.value, list):
        return "a list"
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    if node.value is None:
        return "null"
    text = repr(node.value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def remedy(node: Node) -> str:
    """How to make text of a scalar that is none."""
    if isinstance(node.value, int | float):
        return f'; quote it: "{describe(node)}"'
    return ""


def _inner(field: str, key: str) -> str:
    return key if field == "file" else f"{field}.{key}"


def _check_characters(node: Node, field: str, complain: Complain) -> None:
    for character, instead in _REFUSED.items():
        if character in node.value:
            complain(node.line, field, f"character U+{ord(character):04X} refused; write {instead}")
    if found := INVISIBLE.search(node.value):
        complain(node.line, field, f"invisible character U+{ord(found[0]):04X} refused; remove it")
