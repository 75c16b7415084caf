"""Whether a model declines to answer at all. Pure functions."""

import re
from typing import Final

# To decline an act at the bedside is clinical judgement; to decline the answer is a refusal.
_REFUSAL: Final = re.compile(
    r"\b(?:I|we)(?:['’]m| am| are)?\b.{0,40}?\b"
    r"(?:(?:can(?:no|['’])t|can not|won['’]t|will not|(?:un|not )able to|not (?:allowed|permitted) to)"
    r"(?: \w+){0,2}? (?:help|assist|answer|provide|offer|comply|respond|advise|discuss|fulfil|"
    r"give (?:any |you )?(?:medical |clinical )?advice|do (?:that|this|so))|"
    r"must decline|decline (?:to answer|this)|would rather not)\b",
    re.IGNORECASE,
)
_MAX_REFUSAL_WORDS: Final = 80


def declines(text: str) -> bool:
    """Whether a short text says that nothing will be said."""
    return len(text.split()) <= _MAX_REFUSAL_WORDS and _REFUSAL.search(text) is not None
