"""Reading and writing of a plan's fields: each check returns the value in its type or names the bad key.

Standard library and PyYAML only.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml


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
        self.path = path
        self.problem = problem
        super().__init__(f"{path or 'plan'}: {problem}")


class StrictLoader(yaml.SafeLoader):
    """Safe loader that refuses a key given twice and an alias."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse aliases, whose expansion a reader of the locked text cannot see."""
        if self.check_event(yaml.events.AliasEvent):
            raise PlanError("", "aliases are not allowed")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:  # noqa: ARG002  PyYAML's signature
        """Refuse a key that stands twice in one mapping."""
        keys = [str(key.value) for key, _ in node.value]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise PlanError(twice[0], "is given twice")
        return {
            str(self.construct_object(k, deep=True)): self.construct_object(v, deep=True)
            for k, v in node.value
        }


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
    names = []
    for i, entry in enumerate(value):
        where = f"{path}[{i}]"
        name = text_at(entry, where) if choices is None else choice_at(entry, where, choices)
        if name in names:
            raise PlanError(where, f"{name} is listed twice")
        names.append(name)
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


def text_of(path: Path) -> str:
    """The text of a UTF-8 file; raises `PlanError` if it cannot be read."""
    try:
        return Path(path).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError("", f"cannot be read: {error}") from error


def value_of(text: str) -> object:
    """The value of a YAML or JSON text; raises `PlanError` for text that is neither or repeats a key."""
    try:
        # The loader is a SafeLoader with two refusals added.
        value: object = yaml.load(text, Loader=StrictLoader)  # noqa: S506  a SafeLoader
    except yaml.YAMLError as error:
        raise PlanError("", "is not readable YAML: " + " ".join(str(error).split())) from error
    return value
