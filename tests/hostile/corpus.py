"""The corpus: every hostile file with the door that it knocks at and what must come of it."""

import copy
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from tests.hostile.attacks import BYTES, SURPRISES, SYNTAX, TEXTS, UNSEEN, bent, noise, recoded
from tests.hostile.doors import CSV, JSON, YAML, Door, doors

REFUSED, KEPT, EITHER = "refused", "kept", "either"
# Text to some readers, and a value of their own to others; a cell that says null is blank.
AMBIGUOUS = ("<<", "%a", "", "0o17", "null", "None")
BENT = 12
NOISE = 4
WRONG: tuple[object, ...] = ([[1]], {"=1": 1}, "\u0000", -(10**14), 1e308, True)


@dataclass(frozen=True)
class Case:
    """One file: refused; kept, so that `text` is in what was read; or either, but never anything else."""

    door: Door
    name: str
    expected: str
    make: Callable[[], bytes]
    text: str = ""

    def __str__(self) -> str:
        return f"{self.door.name}: {self.name}"


def cases() -> Iterator[Case]:
    """Every case of every door, in a fixed order."""
    for door in doors():
        yield from _whole_files(door)
        yield from _values(door)
        yield from _trees(door)


def distinct() -> int:
    """Number of cases whose door and content differ from all others."""
    return len({(case.door.name, hashlib.sha256(case.make()).digest()) for case in cases()})


def _whole_files(door: Door) -> Iterator[Case]:
    for name, make in {**BYTES, **SYNTAX[door.syntax]}.items():
        yield Case(door, name, REFUSED, make)
    for name, content in recoded(door.valid):
        yield Case(door, name, REFUSED if name != "latin-1" else EITHER, lambda content=content: content)
    for seed in range(NOISE):
        yield Case(door, f"noise {seed}", REFUSED, lambda seed=seed: noise(seed, 4096))
    for seed in range(BENT):
        yield Case(door, f"bent {seed}", EITHER, lambda seed=seed: bent(door.valid, seed))
    for share in range(1, 8):
        cut = len(door.valid) * share // 8
        yield Case(door, f"cut at {share}/8", EITHER, lambda cut=cut: door.valid[:cut])
    wrapped = {
        "byte order mark": b"\xef\xbb\xbf" + door.valid,
        "old line ends": door.valid.replace(b"\n", b"\r"),
        "Windows line ends": door.valid.replace(b"\n", b"\r\n"),
        "form feeds": door.valid.replace(b"\n", b"\x0c\n"),
        "NUL at the end": door.valid + b"\x00",
        "control Z": door.valid + b"\x1a",
        "twice": door.valid + b"\n" + door.valid,
    }
    for name, content in wrapped.items():
        yield Case(door, name, EITHER, lambda content=content: content)


def _values(door: Door) -> Iterator[Case]:
    """Hostile values in the place of one harmless value."""

    def with_value(value: bytes) -> Callable[[], bytes]:
        return lambda: door.valid.replace(door.slot, value)

    if door.syntax == YAML:
        for value in SURPRISES:
            expected = EITHER if value in AMBIGUOUS else REFUSED
            yield Case(door, f"value {value[:30]!r}", expected, with_value(value.encode()))
    if door.name in ("design", "table"):
        return
    for text in TEXTS:
        is_open = door.name == "people" or text in AMBIGUOUS
        made = with_value(_quoted(door, text))
        yield Case(door, f"text {text!r}", EITHER if is_open else KEPT, made, text)
    for text in UNSEEN:
        expected = REFUSED if door.name in ("vignette", "plan", "profile", "people", "ratings") else EITHER
        yield Case(door, f"unseen {text!r}", expected, with_value(_quoted(door, text)), text)


def _quoted(door: Door, text: str) -> bytes:
    """A text as the door's syntax writes it in the place of its slot."""
    if door.syntax == CSV:
        return ('"' + text.replace('"', '""') + '"').encode() if door.name == "ratings" else text.encode()
    quoted = json.dumps(text, ensure_ascii=door.syntax == YAML and not text.isprintable())
    return quoted.encode() if door.syntax == YAML else quoted[1:-1].encode()


def _trees(door: Door) -> Iterator[Case]:
    """The valid document with one key missing, one too many, or one value of a wrong kind."""
    if door.syntax == CSV:
        return
    tree = yaml.safe_load(door.valid) if door.syntax == YAML else json.loads(door.valid)
    places = list(_places(tree, ()))
    for i, place in enumerate(places):
        yield Case(door, f"without {place}", EITHER, _dumped(door, tree, place, None))
        wrong = WRONG[i % len(WRONG)]
        yield Case(door, f"{place} = {wrong!r:.20}", EITHER, _dumped(door, tree, place, [wrong]))
        if i % 4 == 0:
            yield Case(door, f"{place} = null", EITHER, _dumped(door, tree, place, [None]))
    for key in ("extra", "id\u200b", "t\u0456tle", "e\u0301", "__class__", "<<", "../x", "=1+1"):
        expected = EITHER if door.name == "manifest" else REFUSED
        yield Case(door, f"with {key!r}", expected, _dumped(door, tree, (key,), [1]))


def _places(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    inner = (
        value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    )
    for key, each in inner:
        yield (*path, key)
        yield from _places(each, (*path, key))


def _dumped(door: Door, tree: Any, place: tuple[Any, ...], new: list[object] | None) -> Callable[[], bytes]:
    def make() -> bytes:
        changed = copy.deepcopy(tree)
        inner = changed
        for key in place[:-1]:
            inner = inner[key]
        if new is None:
            del inner[place[-1]]
        else:
            inner[place[-1]] = new[0]
        if door.syntax == JSON:
            return json.dumps(changed).encode()
        return yaml.safe_dump(changed, allow_unicode=True, sort_keys=False).encode()

    return make
