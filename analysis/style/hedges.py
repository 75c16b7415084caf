"""Words and phrases that hold a statement open, for counting.

A short list of this project's own for clinical advice in English, along the groups that Hyland describes:
modal verbs, judgement verbs, adjectives and adverbs of likelihood, approximators, phrases. Words that give
orders in clinical prose ("should", "consider") are left out, although they hedge elsewhere.

References
----------
Hyland K (1998). Hedging in Scientific Research Articles. John Benjamins. doi:10.1075/pbns.54
Hyland K (2005). Metadiscourse: Exploring Interaction in Writing. Continuum.
"""

import re

HEDGES = (
    # modal verbs
    "can be",
    "could",
    "may",
    "might",
    "would",
    # judgement verbs
    "appear",
    "appears",
    "assume",
    "assumed",
    "assuming",
    "believe",
    "presume",
    "seem",
    "seems",
    "suggest",
    "suggests",
    "suggestive",
    "suspect",
    "suspected",
    "tends to",
    # likelihood
    "apparently",
    "likely",
    "maybe",
    "perhaps",
    "plausible",
    "possible",
    "possibly",
    "potential",
    "potentially",
    "presumably",
    "presumed",
    "probable",
    "probably",
    "uncertain",
    "unclear",
    "unlikely",
    # approximators
    "about",
    "approximately",
    "around",
    "frequently",
    "generally",
    "mostly",
    "often",
    "rather",
    "relatively",
    "roughly",
    "somewhat",
    "sometimes",
    "typically",
    "usually",
    # phrases
    "as far as",
    "cannot exclude",
    "cannot rule out",
    "in general",
    "in most cases",
    "in my opinion",
    "not sure",
    "to some extent",
)
_LONGEST_FIRST = sorted(HEDGES, key=len, reverse=True)
_PATTERN = re.compile(
    rf"\b(?:{'|'.join(map(re.escape, _LONGEST_FIRST))})\b".replace(r"\ ", r"\s+"), re.IGNORECASE
)


def count_hedges(text: str) -> int:
    """Number of hedges of the list in a text; a phrase counts once, whatever words of the list it holds."""
    return len(_PATTERN.findall(text))
