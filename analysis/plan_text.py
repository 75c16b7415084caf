"""The text of a plan or a design: read with bounds, and as strictly as its reader would read it.

YAML or JSON, standard library and PyYAML only. Size, depth and number of values are bounded: no file costs
more than a moment. Aliases, tags, repeated keys and numbers that look like others are refused.
"""

import math
import re
from collections import Counter
from pathlib import Path
from typing import Any, NoReturn

import yaml

from analysis.checking import PlanError, shown

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12
MAX_VALUES = 10_000
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# YAML 1.1 also reads 012 as 10, 1:30 as 90 and 1_0 as 10: a person means something else.
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{0,25})?([eE][-+]?[0-9]{1,3})?")
# No JSON has these, but a field refuses them by its name.
_NOT_FINITE = {".nan": math.nan, ".inf": math.inf, "-.inf": -math.inf}
_TRUTH = {"true": True, "false": False}
_NUMBER_TAGS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class StrictLoader(_LOADER):  # type: ignore[misc]  # PyYAML's class with or without its C parser
    """Safe loader that refuses a key given twice, and a number that is written as no JSON number is."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:  # noqa: ARG002  PyYAML's signature
        """Refuse a key that is no text or stands twice in one mapping."""
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                raise PlanError("", f"line {key.start_mark.line + 1}: a key must be text")
        twice = sorted(k for k, count in Counter(key.value for key, _ in node.value).items() if count > 1)
        if twice:
            raise PlanError(shown(twice[0]), "is given twice")
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}

    def number(self, node: yaml.ScalarNode) -> int | float:
        """A number as JSON writes it."""
        if node.value in _NOT_FINITE:
            return _NOT_FINITE[node.value]
        found = _NUMBER.fullmatch(node.value)
        if not found:
            refuse(node, "is no plain number; write it out, or quote it if it is text")
        return float(node.value) if found[2] or found[3] else int(node.value)

    def truth(self, node: yaml.ScalarNode) -> bool:
        """True or false, and none of the other words that YAML 1.1 reads as one of them."""
        if node.value not in _TRUTH:
            refuse(node, "is read as true or false by some readers; write true or false, or quote it")
        return _TRUTH[node.value]

    def date(self, node: yaml.ScalarNode) -> NoReturn:
        """No value of a plan is a date."""
        refuse(node, "is read as a date by some readers; quote it")


def refuse(node: yaml.ScalarNode, problem: str) -> NoReturn:
    """Raise `PlanError` with the line of a value."""
    raise PlanError("", f"line {node.start_mark.line + 1}: {shown(node.value)} {problem}")


for _tag in _NUMBER_TAGS:
    StrictLoader.add_constructor(_tag, StrictLoader.number)
StrictLoader.add_constructor("tag:yaml.org,2002:bool", StrictLoader.truth)
StrictLoader.add_constructor("tag:yaml.org,2002:timestamp", StrictLoader.date)


def _bounded(text: str) -> None:
    """Refuse what must not be built: the parser's events cost little, the values they make may not."""
    depth = values = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise PlanError("", "aliases are not allowed")
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.NodeEvent):
            values += 1
            depth += isinstance(event, yaml.CollectionStartEvent)
            _allowed(event, depth, values)


def _allowed(event: Any, depth: int, values: int) -> None:
    line = f"line {event.start_mark.line + 1}"
    if event.tag:
        raise PlanError("", f"{line}: tags such as {shown(event.tag)} are not allowed")
    if depth > MAX_DEPTH:
        raise PlanError("", f"{line}: is nested deeper than {MAX_DEPTH} levels")
    if values > MAX_VALUES:
        raise PlanError("", f"has more than {MAX_VALUES} values")


def text_of(path: Path) -> str:
    """The text of a UTF-8 file; raises `PlanError` if it cannot be read or is too large for a plan."""
    try:
        with Path(path).open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise PlanError("", f"is larger than {MAX_BYTES // 1024} KiB")
        return content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError("", f"cannot be read: {error}") from error


def value_of(text: str) -> object:
    """The value of a YAML or JSON text; raises `PlanError` for text that is neither or breaks a bound."""
    if len(text) > MAX_BYTES:
        raise PlanError("", f"is larger than {MAX_BYTES // 1024} KiB")
    try:
        _bounded(text)
        # The loader is a SafeLoader with refusals added.
        value: object = yaml.load(text, Loader=StrictLoader)  # noqa: S506  a SafeLoader
    except (yaml.YAMLError, UnicodeEncodeError) as error:  # the latter: a lone surrogate
        raise PlanError("", "is not readable YAML: " + " ".join(str(error).split())) from error
    return value
