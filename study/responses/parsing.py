"""From a model's text to the residents' five sections: headings tolerant. Pure functions."""

import re
from collections.abc import Mapping
from typing import Final

from study.protocol.rubric import SECTIONS
from study.responses.inputs import clean_sections

_SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "assessment": ("clinical assessment",),
    "recommended_action": ("recommended actions", "recommendation", "recommendations", "recommended"),
    "avoid": ("avoid", "avoidance", "things to avoid"),
    "monitoring": ("monitoring plan", "monitor"),
    "escalation": ("escalation & communication", "escalation", "escalation/communication"),
}
_LABELS: Final[dict[str, str]] = {
    label.lower(): code for code, heading in SECTIONS.items() for label in (heading, *_SYNONYMS[code])
}
# A label is a heading when it stands alone, is marked up as one, or is followed by a colon: a sentence that
# begins with the word "Monitoring" is none.
_HEADING: Final = re.compile(
    r"^[ \t]{0,3}(?P<hash>#{1,6}[ \t]*)?(?P<open>\*{1,3}|_{2,3})?[ \t]*(?:\(?\d{1,2}[.)][ \t]*)?"
    r"(?P<open2>\*{1,3}|_{2,3})?"
    r"(?P<label>" + "|".join(re.escape(label) for label in sorted(_LABELS, key=len, reverse=True)) + r")"
    r"[ \t]*(?P<colon>[:：])?[ \t]*(?P<close>\*{1,3}|_{2,3})?[ \t]*(?P<colon2>[:：])?[ \t]*(?P<rest>.*)$",
    re.IGNORECASE,
)


def render_answer(sections: Mapping[str, str]) -> str:
    """Return the five sections as one text under their headings; `parse_answer` is its inverse."""
    return "\n\n".join(
        f"## {heading}\n\n{sections.get(code, '')}".rstrip() for code, heading in SECTIONS.items()
    )


def parse_answer(text: str) -> dict[str, str]:
    """Return all five sections; one whose heading is absent is empty.

    Text before the first heading, or a text without any, opens the assessment: nothing is dropped. A heading
    that comes twice adds to its section.
    """
    parts: dict[str, list[str]] = {code: [] for code in SECTIONS}
    current = "assessment"
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        heading = _heading(line)
        if heading is None:
            parts[current].append(line)
        else:
            current, rest = heading
            parts[current] += ([""] if any(parts[current]) else []) + ([rest] if rest else [])
    return clean_sections({code: "\n".join(lines) for code, lines in parts.items()})


def _heading(line: str) -> tuple[str, str] | None:
    match = _HEADING.match(line)
    if match is None:
        return None
    rest = match["rest"].strip()
    is_marked = bool((match["open"] or match["open2"]) and match["close"])
    if rest and not (match["colon"] or match["colon2"] or is_marked):
        return None
    # "**Monitoring: potassium daily**" closes its mark at the line's end: the mark is no text.
    if rest and (match["open"] or match["open2"]) and not match["close"]:
        rest = re.sub(r"(\*{1,3}|_{2,3})$", "", rest).strip()
    return _LABELS[match["label"].lower()], rest
