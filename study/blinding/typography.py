"""One typography for all texts: characters only, so that a keyboard or a word processor tells nothing. Pure.

A sign that carries clinical meaning stays itself: micro, degree, comparison signs, superscripts, fractions,
up and down arrows. Nothing here may turn 10² into 102, ½ into 12, or "falls to 5" into "more than 5".
"""

import re
import unicodedata
from typing import Final

MICRO: Final = "\u00b5"

_LINE_ENDS: Final = re.compile("\r\n|[\r\u000b\u000c\u0085\u2028\u2029]")
_INVISIBLE: Final = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0e\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_BLANKS: Final = re.compile("[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")

# Letters and digits in another dress: ligatures, Roman numerals, full width, "mathematical" bold and italics.
_DRESSED: Final = re.compile(
    "[\ufb00-\ufb06\u2160-\u217f\uff03-\uff07\uff0a\uff0b\uff0d-\uff19\uff1c-\uff1e\uff20-\uff5d\U0001d400-\U0001d7ff]"
)
_PLAIN: Final = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63", "-"),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4\u02bc", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
    "\u2026": "...",
    "\u2103": "\u00b0C",
    "\u2109": "\u00b0F",
    **dict.fromkeys("\u2265\u2267\u2a7e", "\u2265"),
    **dict.fromkeys("\u2264\u2266\u2a7d", "\u2264"),
    "\u2215": "/",
    "\u2236": ":",
    # An arrow always gets blanks: "dose->5 mg" would read as "more than 5 mg", "<-5" as "less than minus 5".
    **dict.fromkeys("\u2192\u21d2\u27f6\u27f9\u27a1\u2794\u2799\u279c\u279d\u279e\u279f\u27a0\u2b95", " -> "),
    **dict.fromkeys("\u2190\u21d0\u27f5\u2b05", " <- "),
    **dict.fromkeys("\u2194\u21d4\u27f7", " <-> "),
    # Coloured or heavy forms of signs that mean something.
    **dict.fromkeys("\u2b06\U0001f53c\U0001f53a\U0001f4c8", "\u2191"),
    **dict.fromkeys("\u2b07\U0001f53d\U0001f53b\U0001f4c9", "\u2193"),
    "\u2795": "+",
    "\u2796": "-",
    **dict.fromkeys("\u2757\u2755", "!"),
    **dict.fromkeys("\u2753\u2754", "?"),
    # A circled number is apart from the next figure: the compatibility form would make "15 mg" of "(1) 5 mg".
    **{chr(0x2460 + index): f"({index + 1}) " for index in range(20)},
    **{chr(0x2474 + index): f"({index + 1}) " for index in range(20)},
    **{chr(0x2488 + index): f"{index + 1}. " for index in range(20)},
}
_TABLE: Final = str.maketrans(_PLAIN)

_EM: Final = "\u2014\u2015\u2e3a\u2e3b"
_RANGE_DASH: Final = re.compile(f"(?<=\\d)[{_EM}](?=\\d)")
# A run of blanks is looked at once, from its beginning: from every blank anew, a long one would take minutes.
_DASH: Final = re.compile(f"(?<! )[ ]*[{_EM}]+[ ]*")
_DOUBLE_HYPHEN: Final = re.compile(r"(?<=[^\s-]) +-{2,3} +(?=[^\s-])|(?<=[A-Za-z,;)])-{2,3}(?=[A-Za-z(])")
_LONG_ARROW: Final = re.compile(r"(?<! ) *(?<![<!-])(?:-{2,}|={2,})> *")
_MORE_OR_EQUAL: Final = re.compile(r"(?<![<>=-])>=(?![=>])")
_LESS_OR_EQUAL: Final = re.compile(r"(?<![<>=-])<=(?![=>])")
_PLUS_MINUS: Final = re.compile(r"\+/-")
_GREEK_MU: Final = re.compile("(?<![\u0370-\u03ff\u1f00-\u1fff])\u03bc(?![\u0370-\u03ff\u1f00-\u1fff])")

_YES: Final = "\u2705\u2713\u2714\u2611"
_NO: Final = "\u274c\u274e\u2717\u2718\u26d4\U0001f6ab"
_YES_AT_START: Final = re.compile(f"(?m)^([ ]*(?:- )?)[{_YES}]\ufe0f? *(?=\\S)")
_NO_AT_START: Final = re.compile(f"(?m)^([ ]*(?:- )?)[{_NO}]\ufe0f? *(?=\\S)")
_KEYCAP: Final = re.compile("([0-9])\ufe0f?\u20e3")
_JOINERS: Final = re.compile("[\u20e3\ufe0f]")
_EMOJI: Final = re.compile(
    "[\u231a\u231b\u23e9-\u23fa\u2600-\u263f\u2641\u2643-\u26a4\u26a6-\u26ff\u2700-\u2792\u2798"
    "\u279a\u279b\u27a2\u27a3\u27a5-\u27af\u27b1-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
)
_HIGHEST_PILE: Final = 30
_MAYBE_PILE: Final = re.compile("[\u0300-\U0010ffff]{31}")
_GAPS: Final = re.compile(r" {2,}")


def plain_typography(text: str) -> str:
    """Return text in one typography: plain dashes, quotes, blanks and line ends, no emoji, no invisible
    signs.
    """
    text = _LINE_ENDS.sub("\n", text)
    text = _BLANKS.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFC", _without_piles(text))))
    text = _DRESSED.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text)
    text = _plain_marks(_KEYCAP.sub(r"(\1) ", text).translate(_TABLE))
    text = _GREEK_MU.sub(MICRO, text)
    return _GAPS.sub(" ", _plain_dashes(text))


def _without_piles(text: str) -> str:
    """Drop marks beyond the thirtieth on one letter: no script piles them so, and to sort a long pile takes
    minutes (Unicode Standard Annex 15, stream-safe text).
    """
    if not _MAYBE_PILE.search(text):
        return text
    kept: list[str] = []
    height = 0
    for sign in text:
        height = height + 1 if unicodedata.combining(sign) else 0
        if height <= _HIGHEST_PILE:
            kept.append(sign)
    return "".join(kept)


def _plain_dashes(text: str) -> str:
    text = _DASH.sub(" - ", _RANGE_DASH.sub("-", text))
    text = _LONG_ARROW.sub(" -> ", _DOUBLE_HYPHEN.sub(" - ", text))
    # "=>" stays: it may be an arrow or a clumsy "at least", and guessing could change a threshold.
    text = _LESS_OR_EQUAL.sub("\u2264", _MORE_OR_EQUAL.sub("\u2265", text))
    return _PLUS_MINUS.sub("\u00b1", text)


def _plain_marks(text: str) -> str:
    """Ticks and crosses say what to do and what not: they become words; other emoji go."""
    text = _NO_AT_START.sub(r"\1- No: ", _YES_AT_START.sub(r"\1- ", text))
    text = re.sub(f"(?<! ) *[{_YES}]\ufe0f? *", " yes ", text)
    text = re.sub(f"(?<! ) *[{_NO}]\ufe0f? *", " no ", text)
    # A blank takes an emoji's place: without it two figures could grow together.
    return _EMOJI.sub(" ", _JOINERS.sub("", text))
