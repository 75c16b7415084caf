"""A response as one text, and the style of a sealed one, counted the same way for every arm."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from study.protocol.rubric import SECTIONS

# A full stop inside a number or an abbreviation such as "e.g." is followed by no space and capital.
_SENTENCE_END = re.compile(r"[.!?]+(?=\s+[A-Z0-9\"'(]|\s*$)", re.MULTILINE)
_NUMERAL = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True)
class StyleCounts:
    words: int
    characters: int
    sentences: int
    list_items: int
    numerals: int


def whole_text(sections: Mapping[str, str]) -> str:
    """Return the sections in their order as one text, an empty line apart; empty ones leave nothing."""
    texts = [str(sections.get(code, "")) for code in SECTIONS]
    return "\n\n".join(text for text in texts if text.strip())


def style_counts(sections: Mapping[str, str]) -> StyleCounts:
    """Count words, characters, sentences, list items and numerals of the sections' texts, headings left out.

    A line that ends without a full stop (a list item) counts as one sentence.
    """
    lines = [line.strip() for text in sections.values() for line in text.splitlines() if line.strip()]
    bodies = [line.removeprefix("- ") for line in lines]
    return StyleCounts(
        words=sum(len(body.split()) for body in bodies),
        characters=sum(len(body) for body in bodies),
        sentences=sum(_sentences(body) for body in bodies),
        list_items=sum(line.startswith("- ") for line in lines),
        numerals=sum(len(_NUMERAL.findall(body)) for body in bodies),
    )


def _sentences(line: str) -> int:
    ends = len(_SENTENCE_END.findall(line))
    return ends if line[-1] in ".!?" else ends + 1
