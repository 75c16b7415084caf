"""Reading ease and school grade of English text, with a syllable counter of its own rules.

References
----------
Flesch R (1948). A new readability yardstick. Journal of Applied Psychology 32:221-233. doi:10.1037/h0057532
Kincaid JP, Fishburne RP, Rogers RL, Chissom BS (1975). Derivation of new readability formulas for Navy
enlisted personnel. Research Branch Report 8-75, Naval Technical Training Command.
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_VOWELS = re.compile(r"[aeiouy]+")
_SILENT_E = re.compile(r"(?<![aeiouy])e$")
_SPOKEN_LE = re.compile(r"[^aeiouy]les?$")
_SILENT_ES = re.compile(r"(?<!s)(?<!x)(?<!z)(?<!c)(?<!g)(?<!ch)(?<!sh)(?<![aeiouy])es$")
_SILENT_ED = re.compile(r"(?<![tdaeiouy])ed$")
# Two vowels that are spoken apart: sodium, pneumonia, previous; not nation, social, cautious.
_HIATUS = re.compile(r"iu|(?<![tscgx])i[ao]")


@lru_cache(maxsize=20_000)
def syllables(word: str) -> int:
    """Syllables of one English word by rule, at least 1.

    Runs of vowels (a, e, i, o, u, y) are counted. A final e, es or ed adds none where it is silent; "iu",
    "ia" and "io" add one, save after t, s, c, g and x. Accents are taken off first, an abbreviation is read
    as a word. The rules err on single words and treat every author alike.
    """
    plain = unicodedata.normalize("NFKD", word).lower()
    plain = "".join(sign for sign in plain if "a" <= sign <= "z")
    count = len(_VOWELS.findall(plain)) + len(_HIATUS.findall(plain))
    silent = any(rule.search(plain) for rule in (_SILENT_E, _SILENT_ES, _SILENT_ED))
    return max(count - (silent and not _SPOKEN_LE.search(plain)), 1)


def reading_ease(words: Sequence[str], sentences: int) -> float:
    """Flesch's reading ease, higher is easier: 206.835 - 1.015 words/sentence - 84.6 syllables/word.

    NaN without a word or a sentence.
    """
    if not words or sentences < 1:
        return math.nan
    return 206.835 - 1.015 * len(words) / sentences - 84.6 * _mean_syllables(words)


def school_grade(words: Sequence[str], sentences: int) -> float:
    """Grade of Kincaid and others, in years of school: 0.39 words/sentence + 11.8 syllables/word - 15.59.

    NaN without a word or a sentence.
    """
    if not words or sentences < 1:
        return math.nan
    return 0.39 * len(words) / sentences + 11.8 * _mean_syllables(words) - 15.59


def _mean_syllables(words: Sequence[str]) -> float:
    return sum(map(syllables, words)) / len(words)
