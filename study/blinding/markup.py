"""Markdown, HTML and LaTeX out, words in: what a chat model adds to a text and a resident does not. Pure."""

import re
from html.entities import html5
from typing import Final

_ENTITY: Final = re.compile(r"&(?:([A-Za-z]{2,8}\d{0,2};)|#(\d{1,6});|#[xX]([0-9a-fA-F]{1,5});)")
_AMPERSANDS: Final = re.compile(r"&(?:(?:amp|AMP|#38|#x26);){2,}")
_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_SUPER: Final = re.compile(r"<sup>\s*([^<>\n]{1,20}?)\s*</sup>", re.IGNORECASE)
_SUB: Final = re.compile(r"<sub>\s*([^<>\n]{1,20}?)\s*</sub>", re.IGNORECASE)
_ITEM: Final = re.compile(r"<li\s*>\s*", re.IGNORECASE)
_CELL_END: Final = re.compile(r"</t[dh]\s*>", re.IGNORECASE)
# Only known tags: "CrCl <30 and K>5" is no tag.
_BLOCK: Final = re.compile(
    r"</?(?:p|br|ul|ol|li|tr|table|thead|tbody|div|h[1-6]|pre|hr|blockquote)\s*/?>", re.IGNORECASE
)
_INLINE: Final = re.compile(r"</?(?:b|i|u|s|em|strong|td|th|span|code)\s*/?>", re.IGNORECASE)
_RAISED: Final = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
_LOWERED: Final = str.maketrans("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋")

_LATEX_SIGNS: Final = {
    "geq": "\u2265", "ge": "\u2265", "leq": "\u2264", "le": "\u2264", "times": "\u00d7", "pm": "\u00b1",
    "approx": "\u2248", "mu": "\u00b5", "rightarrow": " -> ", "Rightarrow": " -> ", "to": " -> ",
    "uparrow": "\u2191", "downarrow": "\u2193", "alpha": "\u03b1", "beta": "\u03b2", "Delta": "\u0394",
    "degree": "\u00b0", "cdot": "\u00d7", "neq": "\u2260", "div": "\u00f7",
}  # fmt: skip
_LATEX_SIGN: Final = re.compile(rf"\\({'|'.join(sorted(_LATEX_SIGNS, key=len, reverse=True))})(?![A-Za-z])")
_LATEX_INLINE: Final = re.compile(r"\$\$?([^$\n]*[\\^_{][^$\n]*)\$\$?")
_LATEX_BRACKET: Final = re.compile(r"\\[()\[\]]")
_LATEX_TEXT: Final = re.compile(r"\\(?:text|mathrm|mathbf|textbf|mathit)\{([^{}]*)\}")
_LATEX_FRACTION: Final = re.compile(r"\\d?frac\{([^{}]*)\}\{([^{}]*)\}")
_LATEX_SCRIPT: Final = re.compile(r"([\^_])\{([^{}]*)\}")
_ESCAPE: Final = re.compile(r"\\([*_#`~|>\[\]{}%$&.!+-])")

# Only an address makes a link: "[K+](mmol/L)" is none.
_IMAGE_OR_LINK: Final = re.compile(
    r"!?\[([^\[\]\n]*)\]\(\s*<?(?:https?://|www\.|mailto:|/|#)[^()\s]*>?(?:\s+\"[^\"\n]*\")?\s*\)"
)
_AUTO_LINK: Final = re.compile(r"<((?:https?://|mailto:)[^<>\s]+)>")
# Emphasis needs a word's edge on both sides: 10**9, star alleles (*2/*17) and products (2*3) are none.
_BOLD: Final = re.compile(r"(?<![\w*])(\*{2,3})(?=[^\s*])([^\n]*?[^\s*])\1(?![\w*])")
_UNDER_BOLD: Final = re.compile(r"(?<!\w)(_{2,3})(?=[^\s_])([^\n]*?[^\s_])\1(?!\w)")
_ITALIC: Final = re.compile(r"(?<![\w*/\\-])\*(?=[^\s*])([^*\n]*?[^\s*])\*(?![\w*/])")
_UNDER_ITALIC: Final = re.compile(r"(?<!\w)_(?=[^\s_])([^_\n]*?[^\s_])_(?!\w)")
_STRUCK: Final = re.compile(r"~~(?=[^\s~])([^~\n]*?[^\s~])~~")
_CODE: Final = re.compile(r"(`{1,3})([^`\n]+)\1")


def plain_entities_and_tags(text: str) -> str:
    """Return text without HTML; a raised or lowered figure stays raised or lowered."""
    # Of a chain of ampersands in ampersands, one pass would take one link: all go at once.
    text = _ENTITY.sub(_entity, _AMPERSANDS.sub("&amp;", text))
    text = _COMMENT.sub("", text)
    text = _SUPER.sub(lambda match: _script(match[1], _RAISED, "^"), text)
    text = _SUB.sub(lambda match: _script(match[1], _LOWERED, ""), text)
    text = _CELL_END.sub("; ", _ITEM.sub("\n- ", text))
    return _INLINE.sub("", _BLOCK.sub("\n", text))


def plain_formulas(text: str) -> str:
    """Return text with LaTeX's commands as the signs that they stand for."""
    text = _LATEX_INLINE.sub(r"\1", text)
    text = _LATEX_BRACKET.sub("", text)
    text = _LATEX_TEXT.sub(r"\1", text)
    text = _LATEX_FRACTION.sub(lambda match: f" {_grouped(match[1])}/{_grouped(match[2])}", text)
    text = _LATEX_SCRIPT.sub(lambda match: f"{match[1]}{_grouped(match[2])}", text)
    text = _LATEX_SIGN.sub(lambda match: _LATEX_SIGNS[match[1]], text)
    return _ESCAPE.sub(r"\1", text)


def plain_emphasis(text: str) -> str:
    """Return text without bold, italics, code and links; their words stay."""
    text = _AUTO_LINK.sub(r"\1", _IMAGE_OR_LINK.sub(r"\1", text))
    text = _CODE.sub(r"\2", text)
    # Struck-out words are withdrawn words: without the note they would read as advice.
    text = _STRUCK.sub(r"(struck out: \1)", text)
    text = _UNDER_BOLD.sub(r"\2", _BOLD.sub(r"\2", text))
    return _UNDER_ITALIC.sub(r"\1", _ITALIC.sub(r"\1", text))


def _entity(match: re.Match[str]) -> str:
    name, decimal, hexadecimal = match.groups()
    if name:
        return html5.get(name, match.group())
    number = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else ""


def _script(content: str, table: dict[int, int], mark: str) -> str:
    if re.fullmatch(r"[0-9+-]+", content):
        return content.translate(table)
    return f"{mark}{content}"


def _grouped(content: str) -> str:
    content = content.strip()
    return content if re.fullmatch(r"-?[\w.,]*", content) else f"({content})"
