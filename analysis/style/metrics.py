"""Style of one text in figures: what a reader may notice without reading what is said. Pure.

Counts of marks, numerals and hedges are per 100 words, so that length stands by itself. A text without a
word has no rates: they are NaN. Readability is defined for words in Latin script and NaN without one; in a
language without blanks a run of characters counts as one word, and only lines and marks tell anything.

References
----------
Covington MA, McFall JD (2010). Cutting the Gordian knot: the moving-average type-token ratio (MATTR). Journal
of Quantitative Linguistics 17:94-100. doi:10.1080/09296171003643098
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields

from analysis.style.hedges import count_hedges
from analysis.style.marks import LIST_ITEM, count_marks
from analysis.style.readability import reading_ease, school_grade

WINDOW = 50
LABELS = {
    "words": "Words",
    "sentences": "Sentences",
    "words_per_sentence": "Words per sentence",
    "characters_per_word": "Characters per word",
    "list_share": "Share of lines that are list items",
    "emphasis": "Bold, italics and code per 100 words",
    "headings": "Headings per 100 words",
    "curly_quotes": "Curly quotes per 100 words",
    "long_dashes": "En and em dashes per 100 words",
    "spaced_hyphens": "Spaced hyphens per 100 words",
    "emoji": "Emoji and symbols per 100 words",
    "non_ascii": "Characters outside ASCII per 100 words",
    "numerals": "Numerals per 100 words",
    "hedges": "Hedges per 100 words",
    "reading_ease": "Flesch reading ease",
    "school_grade": "Flesch-Kincaid grade",
    "variety": "Different words, share (MATTR)",
}

_WORD = re.compile(r"[^\W_]+(?:['’.,/-][^\W_]+)*")
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+(?:['’-][A-Za-z\u00c0-\u024f]+)*")
_NUMERAL = re.compile(r"\d+(?:[.,]\d+)*")
# A full stop inside a number or an abbreviation such as "e.g." is followed by no blank and capital.
_SENTENCE_END = re.compile(r"(?<![.!?])[.!?]+[*_`\"')\u2019\u201d]*(?=\s+[A-Z0-9\"'(*]|$)")
# Quotes and markup may follow the last full stop.
_AFTER_STOP = "*_`\"')\u2019\u201d "


@dataclass(frozen=True)
class StyleMetrics:
    """Figures of one text.

    Attributes
    ----------
    words, sentences : float
        Counts; a line without a full stop is one sentence.
    words_per_sentence, characters_per_word : float
        Characters are letters and digits.
    list_share : float
        List items over lines with a word, 0 to 1.
    emphasis, headings, curly_quotes, long_dashes, spaced_hyphens, emoji, non_ascii : float
        Marks per 100 words, as `analysis.style.marks.count_marks` counts them.
    numerals, hedges : float
        Per 100 words; hedges are those of `analysis.style.hedges`.
    reading_ease, school_grade : float
        Flesch 1948 and Kincaid 1975 on the words in Latin letters.
    variety : float
        Share of different words in a moving window of 50 words, the mean over windows (MATTR); shorter texts
        are one window.
    """

    words: float
    sentences: float
    words_per_sentence: float
    characters_per_word: float
    list_share: float
    emphasis: float
    headings: float
    curly_quotes: float
    long_dashes: float
    spaced_hyphens: float
    emoji: float
    non_ascii: float
    numerals: float
    hedges: float
    reading_ease: float
    school_grade: float
    variety: float


METRICS = tuple(each.name for each in fields(StyleMetrics))


def style_metrics(text: str) -> StyleMetrics:
    """Measure one text; an empty one has 0 words and sentences and NaN for all else."""
    lines = [line for line in text.splitlines() if _WORD.search(line)]
    bodies = [LIST_ITEM.sub("", line, count=1).strip() for line in lines]
    words = [word for body in bodies for word in _WORD.findall(body)]
    latin = [word for body in bodies for word in _LATIN_WORD.findall(body)]
    sentences = sum(map(_sentences, bodies))
    counts = {**count_marks(text), "numerals": _numerals(bodies), "hedges": count_hedges(" ".join(bodies))}
    return StyleMetrics(
        words=float(len(words)),
        sentences=float(sentences),
        words_per_sentence=_ratio(len(words), sentences),
        characters_per_word=_ratio(sum(sign.isalnum() for word in words for sign in word), len(words)),
        list_share=_ratio(sum(bool(LIST_ITEM.match(line)) for line in lines), len(lines)),
        reading_ease=reading_ease(latin, sentences),
        school_grade=school_grade(latin, sentences),
        variety=moving_variety(words),
        **{name: _ratio(100 * count, len(words)) for name, count in counts.items()},
    )


def moving_variety(words: Sequence[str], window: int = WINDOW) -> float:
    """Mean share of different words (case ignored) in every run of `window` words; NaN without a word."""
    plain = [word.lower() for word in words]
    if not plain:
        return math.nan
    size = min(window, len(plain))
    held = Counter(plain[:size])
    total = distinct = len(held)
    for gone, come in zip(plain, plain[size:], strict=False):
        held[come] += 1
        held[gone] -= 1
        distinct += (held[come] == 1) - (held[gone] == 0) if come != gone else 0
        total += distinct
    return total / (size * (len(plain) - size + 1))


def _ratio(count: float, of: float) -> float:
    return count / of if of else math.nan


def _sentences(line: str) -> int:
    body = line.rstrip(_AFTER_STOP)
    ends = len(_SENTENCE_END.findall(body))
    return ends if body.endswith((".", "!", "?")) else ends + 1


def _numerals(bodies: Sequence[str]) -> int:
    return sum(len(_NUMERAL.findall(body)) for body in bodies)
