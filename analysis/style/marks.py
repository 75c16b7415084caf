"""Marks that a keyboard, a word processor or a chat model leaves in a text, counted by kind."""

import re

# What a list item begins with, as typed and as written by word processors and models.
LIST_ITEM = re.compile(
    r"^\s*(?:[•●○■□▪▫◦◆◇▶►➤‣⁃∙]\s*|(?:[-*+\u00b7]|\(?\d{1,2}[.)]|\(?[a-z]\))\s+|<li\s*>)(?=\S)",
    re.IGNORECASE,
)
_PATTERNS = {
    "emphasis": re.compile(
        r"(?<![\w*])\*{1,3}(?=[^\s*])[^\n*]*?[^\s*]\*{1,3}(?![\w*])"
        r"|(?<!\w)_{1,3}(?=[^\s_])[^\n_]*?[^\s_]_{1,3}(?!\w)|`[^`\n]+`|</?(?:b|i|em|strong)>"
    ),
    "headings": re.compile(r"(?m)^[ \t]*(?:#{1,6}[ \t]+\S|<h[1-6]>)"),
    "curly_quotes": re.compile("[\u2018-\u201f\u2032\u2033\u00ab\u00bb]"),
    "long_dashes": re.compile("[\u2013-\u2015\u2e3a\u2e3b]"),
    "spaced_hyphens": re.compile(r"(?<=\S) -{1,3} (?=\S)"),
    "emoji": re.compile("[\u231a\u231b\u23e9-\u23fa\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"),
    "non_ascii": re.compile("[^\u0000-\u007f]"),
}


def count_marks(text: str) -> dict[str, int]:
    """Number of marks of each kind.

    Returns
    -------
    dict of str to int
        ``emphasis`` (Markdown or HTML bold, italics and code), ``headings``, ``curly_quotes``,
        ``long_dashes`` (en and em), ``spaced_hyphens`` (a hyphen that does a dash's work), ``emoji`` (symbols
        and pictures), ``non_ascii`` (every character outside ASCII, those above included).
    """
    return {kind: len(pattern.findall(text)) for kind, pattern in _PATTERNS.items()}
