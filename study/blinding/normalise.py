"""One deterministic, idempotent normaliser for the section texts of all arms. Pure.

It changes form only: typography, markup, bullets, blanks. It never corrects spelling, never rewords, and
keeps every figure, unit and comparison. The canonical form is a sequence of lines without empty ones: a line
that begins with "- " is a list item, every other line is a paragraph.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from study.blinding.markup import plain_emphasis, plain_entities_and_tags, plain_formulas
from study.blinding.typography import plain_typography
from study.protocol.rubric import SECTIONS

NORMALISER_VERSION: Final = "1"

_FENCE: Final = re.compile(r"^\s*(?:`{3,}|~{3,})[\w+-]*\s*$")
_RULE: Final = re.compile(r"^[\s*_=#`~•-]*$")
_TABLE_RULE: Final = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_TABLE_ROW: Final = re.compile(r"^\s*\|.*\|\s*$")
_HEADING: Final = re.compile(r"^\s*#{2,6}\s+(.*?)\s*#*\s*$")
# "#" alone is also the shorthand for a fracture: "# neck of femur" is no heading.
_TOP_HEADING: Final = re.compile(
    r"^\s*#\s+(?!(?:left|right|[LR]|open|closed|of|\d|NOF|neck|nof|hip|rib|femur|femoral|tibia|fibula|tib|fib|radius|"
    r"ulna|wrist|humerus|humeral|clavicle|pelvis|pelvic|pubic|skull|spine|vertebra|ankle|scaphoid|metatarsal|"
    r"metacarpal|acetabul|mandib|patella|sternum|[TLCS]\d)\w*\b)(.*?)\s*#*\s*$",
    re.IGNORECASE,
)
_BULLET_GLYPH: Final = re.compile(r"^\s*[•●○■□▪▫◦◆◇▶►➤‣⁃∙]\s*(?=\S)")
_BULLET_MARK: Final = re.compile(r"^\s*[*·-]\s+(?=\S)")
_REPEATED: Final = re.compile(r"^(?:- +)+(?=\S)")
_TASK_BOX: Final = re.compile(r"^- \[[ xX]\]\s+(?=\S)")
_NUMBER: Final = re.compile(r"^(?:- )?(?:\((\d{1,2})\)|(\d{1,2})[.)、])(?:\s+|(?=[^\W\d_]))(?=\S)")
_NUMBER_DASH: Final = re.compile(r"^(?:- )?(\d{1,2})-\s+(?=[^\W\d_])()")
_LETTER: Final = re.compile(r"^(?:- )?\(?([a-z])\)\s+(?=\S)")


def normalise_text(text: str) -> str:
    """Return the canonical form of one section's text; `normalise_text` of the result is the result.

    Markup can stand inside markup, so one pass may uncover more: passes repeat until nothing changes. Each
    pass that changes anything takes some sign away for good, so the text's length bounds their number.
    """
    for _ in range(len(text) + 2):
        changed = _one_pass(text)
        if changed == text:
            break
        text = changed
    return text


def normalise_sections(sections: Mapping[str, str]) -> dict[str, str]:
    """Return all five sections in their order in canonical form; missing ones are empty."""
    return {code: normalise_text(str(sections.get(code, ""))) for code in SECTIONS}


def is_empty(sections: Mapping[str, str]) -> bool:
    """Say whether nothing at all is left to rate."""
    return not any(text.strip() for text in sections.values())


def _one_pass(text: str) -> str:
    text = plain_formulas(plain_entities_and_tags(text))
    text = plain_typography(text)
    lines = _plain_tables([line for line in text.split("\n") if not _FENCE.match(line)])
    lines = [_plain_line(line) for line in lines]
    lines = [line for line in lines if not _RULE.match(line)]
    return "\n".join(_plain_numbers(lines))


def _plain_line(line: str) -> str:
    line = _TOP_HEADING.sub(r"\1", _HEADING.sub(r"\1", line))
    line = _BULLET_MARK.sub("- ", _BULLET_GLYPH.sub("- ", line))
    line = plain_emphasis(line).strip()
    line = _TASK_BOX.sub("- ", _REPEATED.sub("- ", line))
    return re.sub(r" {2,}", " ", line)


def _plain_tables(lines: list[str]) -> list[str]:
    """Write each row of a table as one line, its cells apart by semicolons; an empty cell keeps its place."""
    rules = {index for index, line in enumerate(lines) if "|" in line and _TABLE_RULE.match(line)}
    rows = set(rules)
    for rule in rules:
        for step in (-1, 1):
            index = rule + step
            while 0 <= index < len(lines) and "|" in lines[index]:
                rows.add(index)
                index += step
    rows |= {index for index, line in enumerate(lines) if _TABLE_ROW.match(line)}
    return [
        _plain_row(line) if index in rows else line for index, line in enumerate(lines) if index not in rules
    ]


def _plain_row(line: str) -> str:
    cells = line.strip().removeprefix("|").removesuffix("|").split("|")
    return "; ".join(cell.strip() for cell in cells)


def _plain_numbers(lines: list[str]) -> list[str]:
    """Turn numbered and lettered lists into bullets.

    Only a run 1, 2, ... (a, b, ...) of at least two is a list: a line that merely begins with "10." may be
    the end of a sentence, and its figure a dose.
    """
    for pattern in (_NUMBER, _NUMBER_DASH, _LETTER):
        for index in _runs(pattern, lines):
            lines[index] = pattern.sub("- ", lines[index], count=1)
    return lines


def _runs(pattern: re.Pattern[str], lines: list[str]) -> Iterable[int]:
    run: list[int] = []
    found: list[int] = []
    for index, line in enumerate(lines):
        match = pattern.match(line)
        if match is None:
            continue
        ordinal = _ordinal(match)
        if ordinal == len(run) + 1:
            run.append(index)
        else:
            found += run if len(run) > 1 else []
            run = [index] if ordinal == 1 else []
    return found + (run if len(run) > 1 else [])


def _ordinal(match: re.Match[str]) -> int:
    value = next(group for group in match.groups() if group)
    return int(value) if value.isdigit() else ord(value) - ord("a") + 1
