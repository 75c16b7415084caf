"""Leak scan: spans of a canonical text that may tell who wrote it. Pure; a curator decides about each."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from study.blinding.leak_rules import RULES

SCAN_VERSION: Final = "2"

# A whole word on either side; an expression that begins or ends with a sign needs no edge there.
_LEFT: Final = r"(?:(?<!\w)|(?!\w))"
_RIGHT: Final = r"(?:(?!\w)|(?<!\w))"


def _compile(expressions: Iterable[str], flags: int = re.IGNORECASE | re.MULTILINE) -> re.Pattern[str]:
    return re.compile(f"{_LEFT}(?:{'|'.join(expressions)}){_RIGHT}", flags)


_COMPILED: Final = {rule: _compile(expressions) for rule, expressions in RULES.items()}
_SENTENCE_START: Final = re.compile(r"(?:^|\n)(?:- )?$|[.!?:] *$")
# ".5 mg" keeps its point: a loose mark is followed by a blank or by nothing.
_LOOSE_MARKS: Final = re.compile(r"^ *[,;:.!]+(?=\s|$) *")


@dataclass(frozen=True)
class Span:
    """Characters `start` to `end` (exclusive) of a section's canonical text, and the rule that found them."""

    section: str
    start: int
    end: int
    phrase: str
    rule: str


def scan_sections(
    sections: Mapping[str, str], study_words: Mapping[str, Iterable[str]] | None = None
) -> list[Span]:
    """Return the flagged spans, disjoint and in order.

    `study_words` maps a rule's name to words of this study (model names, arm labels, sites): whole words,
    whatever the case; those of the rule "person" keep their case, for names are words as well. Words under
    three letters are left out.
    """
    patterns = dict(_COMPILED)
    for rule, words in (study_words or {}).items():
        stripped = {word.strip() for word in words}
        known = sorted((word for word in stripped if len(word) > 2), key=lambda word: (-len(word), word))
        if known:
            flags = 0 if rule == "person" else re.IGNORECASE
            patterns[f"{rule} of this study"] = _compile(map(re.escape, known), flags)
    return [span for code, text in sections.items() for span in _scan_text(code, text, patterns)]


def _scan_text(code: str, text: str, patterns: Mapping[str, re.Pattern[str]]) -> list[Span]:
    hits = [
        Span(code, match.start(), match.end(), match.group(), rule)
        for rule, pattern in patterns.items()
        for match in pattern.finditer(text)
    ]
    spans: list[Span] = []
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if spans and _is_one(spans[-1], hit, text):
            last = spans.pop()
            end = max(hit.end, last.end)
            spans.append(Span(code, last.start, end, text[last.start : end], last.rule))
        else:
            spans.append(hit)
    return spans


def _is_one(last: Span, hit: Span, text: str) -> bool:
    """Say whether two hits are one flag: they overlap, or one rule found both with blanks between."""
    return hit.start < last.end or (hit.rule == last.rule and text[last.end : hit.start].strip(" ") == "")


def cut_spans(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return text without the spans; only the comma, blank or empty line that a cut leaves behind goes with
    it.
    """
    for start, end in sorted(spans, reverse=True):
        left, right = text[:start], text[end:]
        if _SENTENCE_START.search(left):
            right = _LOOSE_MARKS.sub("", right)
        elif not right or right[0] in ",;.:!?\n":
            left = left.rstrip(" ")
            right = right.removeprefix(",") if left.endswith(",") else right
        head, _, line_start = left.rpartition("\n")
        line_end, _, tail = right.partition("\n")
        middle = line_start + line_end
        text = "\n".join(part for part in (head, middle if re.search(r"\w", middle) else "", tail) if part)
    return text
