"""Reading imported answers: one JSON object per line, every fault named by line and field. Pure functions."""

import json
import math
from dataclasses import dataclass
from typing import Any, Final

from study.engines.text import clean_json
from study.responses.inputs import MAX_SECTION_CHARS, clean_sections
from vignettes.variants import ORIGINAL

MAX_CHARS: Final = 20 * 1024 * 1024
MAX_LINES: Final = 20_000
MAX_LINE_CHARS: Final = 1024 * 1024
MAX_PROBLEMS: Final = 100
MAX_VALUES: Final = 10_000
# Objects cost more than their text: what cannot be an answer is not even read.
MAX_BRACKETS: Final = 50_000
MAX_TEXT_CHARS: Final = 200_000
MAX_DEPTH: Final = 50
TOO_MUCH: Final = f"is nested too deeply, or holds more than {MAX_VALUES} values"
_BIGGEST_INTEGER: Final = 2**31 - 1


@dataclass(frozen=True)
class AnswerLine:
    """One checked line; exactly one of `sections` and `text` is given. `raw` is the whole line.

    A line that names no variant answers the original.
    """

    number: int
    arm: str
    vignette: str
    variant: str
    draw: int
    sections: dict[str, str] | None
    text: str | None
    provenance: dict[str, Any]
    raw: dict[str, Any]


@dataclass(frozen=True)
class _Field:
    """A field's type in words and in Python, its longest text, whether it must be there or may be null."""

    words: str
    kinds: tuple[type, ...]
    longest: int = 0
    is_required: bool = False
    is_nullable: bool = False

    def fault(self, value: object) -> str:
        if value is None and self.is_nullable:
            return ""
        if not isinstance(value, self.kinds) or (isinstance(value, bool) and bool not in self.kinds):
            return f"must be {self.words}"
        if isinstance(value, str) and self.longest and len(value) > self.longest:
            return f"has {len(value)} characters, at most {self.longest} are kept"
        if isinstance(value, int | float) and not 0 <= value <= _BIGGEST_INTEGER:
            return f"must be from 0 to {_BIGGEST_INTEGER}"
        return ""


def _text(longest: int, *, is_required: bool = False) -> _Field:
    return _Field("a text", (str,), longest, is_required)


_LINE: Final = {
    "arm": _text(40, is_required=True),
    "vignette": _text(12, is_required=True),
    "variant": _text(20),
    "draw": _Field("a whole number", (int,), is_required=True),
    "sections": _Field("an object of texts", (dict,)),
    "text": _text(MAX_TEXT_CHARS),
    "provenance": _Field("an object", (dict,), is_required=True),
}
_PROVENANCE: Final = {
    "model": _text(120, is_required=True),
    "revision": _text(80, is_required=True),
    "engine": _text(40, is_required=True),
    "engine_version": _text(40),
    "prompt": _text(MAX_TEXT_CHARS, is_required=True),
    "prompt_version": _text(20),
    "sampling": _Field("an object", (dict,), is_required=True),
    "seed": _Field("a whole number or null", (int,), is_required=True, is_nullable=True),
    "finish_reason": _text(40, is_required=True),
    "prompt_tokens": _Field("a whole number or null", (int,), is_nullable=True),
    "completion_tokens": _Field("a whole number or null", (int,), is_nullable=True),
    "duration_s": _Field("a number of seconds or null", (int, float), is_nullable=True),
    "reasoning": _Field("a text or null", (str,), MAX_TEXT_CHARS, is_nullable=True),
    "simulated": _Field("true or false", (bool,)),
}


def read_lines(lines: str) -> tuple[list[AnswerLine], list[str]]:
    """Return the checked lines, and every problem as "line 3: provenance.model: is missing"."""
    if len(lines) > MAX_CHARS:
        return [], [f"the file is larger than {MAX_CHARS // 1024**2} MiB: send it in parts"]
    if lines.count("\n") > MAX_LINES:
        return [], [f"the file has more than {MAX_LINES} lines: send it in parts"]
    parsed: list[AnswerLine] = []
    problems: list[str] = []
    for number, line in enumerate(lines.removeprefix("\ufeff").split("\n"), start=1):
        if not line.strip():
            continue
        value, faults = _read_line(line)
        problems += [f"line {number}: {fault}" for fault in faults[:MAX_PROBLEMS]]
        if len(problems) >= MAX_PROBLEMS:
            return [], [*problems[:MAX_PROBLEMS], "so many problems that the rest was not read"]
        if not faults:
            parsed.append(_answer_line(number, value))
    if not parsed and not problems:
        problems = ["there is no line with an answer"]
    return parsed, problems


def _read_line(line: str) -> tuple[dict[str, Any], list[str]]:
    if len(line) > MAX_LINE_CHARS:
        return {}, [f"has {len(line)} characters, at most {MAX_LINE_CHARS} are one answer"]
    if line.count("[") + line.count("{") > MAX_BRACKETS:
        return {}, [TOO_MUCH]
    try:
        value = json.loads(
            line, object_pairs_hook=_no_duplicates, parse_constant=_finite, parse_float=_finite
        )
    except RecursionError:
        return {}, [TOO_MUCH]
    except ValueError as error:
        return {}, [f"is not JSON: {error}"]
    if not isinstance(value, dict):
        return {}, ["must be an object"]
    if _is_bulky(value):
        return {}, [TOO_MUCH]
    value = clean_json(value)
    faults = _faults(value, _LINE, "")
    if not faults:
        faults = _faults(value["provenance"], _PROVENANCE, "provenance.") + _answer_faults(value)
    return value, faults


def _is_bulky(value: Any) -> bool:
    """Walk level by level, no further than the bounds allow."""
    level, count = [value], 0
    for _ in range(MAX_DEPTH):
        level = [each for part in level for each in (part.values() if isinstance(part, dict) else part)]
        count += len(level)
        level = [each for each in level if isinstance(each, dict | list)]
        if not level or count > MAX_VALUES:
            break
    return bool(level) or count > MAX_VALUES


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no finite number")
    return number


def _shown(name: str, longest: int = 60) -> str:
    """Return a sender's word as a message holds it: short and printable."""
    return "".join(sign if sign.isprintable() else "?" for sign in name[:longest])


def _faults(value: dict[str, Any], fields: dict[str, _Field], prefix: str) -> list[str]:
    faults = [f"{prefix}{_shown(name)}: is not known" for name in value if name not in fields]
    for name, field in fields.items():
        if name not in value:
            faults += [f"{prefix}{name}: is missing"] if field.is_required else []
            continue
        fault = field.fault(value[name])
        faults += [f"{prefix}{name}: {fault}"] if fault else []
    return faults


def _answer_faults(value: dict[str, Any]) -> list[str]:
    if ("sections" in value) == ("text" in value):
        return ["give either sections or text, and not both"]
    sections = value.get("sections", {})
    section = _text(MAX_SECTION_CHARS)
    found = {_shown(code): section.fault(text) for code, text in sections.items()}
    faults = [f"sections.{code}: {fault}" for code, fault in found.items() if fault]
    if not faults:
        try:
            clean_sections(sections)
        except ValueError as error:
            faults = [f"sections: {_shown(str(error), 200)}"]
    return faults


def _answer_line(number: int, value: dict[str, Any]) -> AnswerLine:
    sections = value.get("sections")
    return AnswerLine(
        number=number,
        arm=value["arm"],
        vignette=value["vignette"],
        variant=value.get("variant", ORIGINAL),
        draw=value["draw"],
        sections=None if sections is None else clean_sections(sections),
        text=value.get("text"),
        provenance=value["provenance"],
        raw=value,
    )
