"""The fields of a plan: each check returns the value in its type or names the bad key.

Standard library and PyYAML only.
"""

import re
from collections.abc import Mapping, Sequence

import yaml

# Unseen characters make two names look like one, or give orders to a terminal.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)
LARGEST = 1e15
_SHOWN = 60
_LONGEST = 400


def shown(text: str, longest: int = _SHOWN) -> str:
    """Text as a message names it: short, and without characters that change how the message reads."""
    cut = text if len(text) <= longest else f"{text[: longest - 3]}..."
    return "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in cut)


class PlanError(ValueError):
    """A plan that cannot be used.

    Attributes
    ----------
    path : str
        Dotted path of the offending key, empty for the whole document.
    problem : str
        What must hold there.
    """

    def __init__(self, path: str, problem: str) -> None:
        self.path = shown(path, _LONGEST)
        self.problem = shown(problem, _LONGEST)
        super().__init__(f"{self.path or 'plan'}: {self.problem}")


def at(path: str, key: str) -> str:
    """The dotted path of `key` inside `path`."""
    return f"{path}.{key}" if path else key


def mapping_at(
    value: object, path: str, keys: Sequence[str], optional: Sequence[str] = ()
) -> Mapping[str, object]:
    """A mapping with exactly these keys, apart from those that may be left out."""
    if not isinstance(value, Mapping):
        raise PlanError(path, f"must be a mapping with the keys {', '.join(keys)}")
    for key in value:
        if key not in keys and key not in optional:
            raise PlanError(at(path, str(key)), "is not a known key")
    for key in keys:
        if key not in value:
            raise PlanError(at(path, key), "is missing")
    return value


def number_at(value: object, path: str) -> float:
    """A number; a flag is not one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PlanError(path, "must be a number")
    if not abs(value) <= LARGEST:
        raise PlanError(path, f"must be a number from -{LARGEST:g} to {LARGEST:g}")
    return float(value)


def between(value: object, path: str, low: float, high: float, *, closed: bool = False) -> float:
    """A number inside the bounds, which are open unless `closed`."""
    number = number_at(value, path)
    inside = low <= number <= high if closed else low < number < high
    if not inside:
        word = "from" if closed else "strictly between"
        raise PlanError(path, f"must be {word} {low:g} {'to' if closed else 'and'} {high:g}")
    return number


def margin_at(value: object, path: str) -> float:
    """A margin in points of the 1-5 scale."""
    number = number_at(value, path)
    if not number > 0:
        raise PlanError(path, "must be > 0")
    if not number < 4:
        raise PlanError(path, "must be < 4, the range of the scale")
    return number


def integer_at(value: object, path: str, low: int, high: int = 10_000_000) -> int:
    """A whole number inside inclusive bounds."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise PlanError(path, "must be a whole number")
    if not low <= value <= high:
        raise PlanError(path, f"must be from {low} to {high}")
    return value


def text_at(value: object, path: str) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise PlanError(path, "must be a text that is not empty")
    if found := UNSEEN.search(value):
        raise PlanError(path, f"holds the unseen character U+{ord(found[0]):04X}")
    return value


def choice_at(value: object, path: str, choices: Sequence[str]) -> str:
    """One of the given words."""
    if not isinstance(value, str) or value not in choices:
        raise PlanError(path, f"must be one of {', '.join(choices)}")
    return value


def names_at(value: object, path: str, choices: Sequence[str] | None = None) -> tuple[str, ...]:
    """A list of different texts, each one of `choices` if given."""
    if not isinstance(value, list) or not value:
        raise PlanError(path, "must be a list that is not empty")
    names: dict[str, None] = {}
    for i, entry in enumerate(value):
        where = f"{path}[{i}]"
        name = text_at(entry, where) if choices is None else choice_at(entry, where, choices)
        if name in names:
            raise PlanError(where, f"{name} is listed twice")
        names[name] = None
    return tuple(names)


def flag_at(value: object, path: str) -> bool:
    """True or false; a number or a word is neither."""
    if not isinstance(value, bool):
        raise PlanError(path, "must be true or false")
    return value


def list_at(value: object, path: str, *, empty: bool = False) -> list[object]:
    """A list, which may be empty only if `empty`."""
    if not isinstance(value, list) or not (value or empty):
        raise PlanError(path, "must be a list" if empty else "must be a list that is not empty")
    return value


def shares_at(value: object, path: str, n: int, each: str = "hypothesis") -> tuple[float, ...]:
    """Shares from 0 to 1, one for each of `n`, that add up to at most 1."""
    entries = list_at(value, path, empty=True)
    if len(entries) != n:
        raise PlanError(path, f"must be {n} shares, one for each {each}")
    shares = tuple(between(entry, f"{path}[{i}]", 0, 1, closed=True) for i, entry in enumerate(entries))
    # Shares such as a third do not add up exactly.
    if sum(shares) > 1 + 1e-9:
        raise PlanError(path, "must add up to at most 1")
    return shares


def plain(value: object) -> object:
    """A dataclass, mapping or tuple as the plain types of YAML, keys in their order."""
    if isinstance(value, Mapping):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple):
        return [plain(entry) for entry in value]
    if hasattr(value, "__dataclass_fields__"):
        return {key: plain(getattr(value, key)) for key in value.__dataclass_fields__}
    return value


class PlainDumper(yaml.SafeDumper):
    """Dumper without aliases, which the reader refuses."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  PyYAML's signature
        """Write every value in full."""
        return True
