"""What people and programs hand in: answers, model setups; and the canonical form of an answer."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from study.engines.text import canonical_json, clean_text
from study.protocol.rubric import SECTIONS

MAX_SECTION_CHARS: Final = 20_000
MAX_RESOURCES_CHARS: Final = 500
MAX_ACTIVE_SECONDS: Final = 86_400.0


@dataclass(frozen=True)
class AnswerInput:
    """A resident's answer as its form sends it.

    `version` is the draft's version that the form was filled from and `tab` the page that holds the form;
    `rival_seen` says that the page showed the text of another page that disagreed.
    """

    sections: Mapping[str, str]
    active_seconds: float | None = None
    resources: str = ""
    version: int | None = None
    tab: str = ""
    rival_seen: bool = False


@dataclass(frozen=True)
class ModelSetupInput:
    """How a model arm is asked. `ability` (0 to 1) belongs to the scripted engine alone.

    `profile` names a shipped profile, whose prompt is then asked and whose options the engine is given.
    """

    engine: str
    model: str
    revision: str = ""
    base_url: str = ""
    profile: str = ""
    prompt_version: str = "1"
    sampling: Mapping[str, Any] = field(default_factory=dict)
    draws: int = 1
    max_attempts: int = 3
    ability: float | None = None


def clean_sections(sections: Mapping[str, str]) -> dict[str, str]:
    """Return all five sections in order, cleaned; missing ones are empty. Raises ValueError for others."""
    unknown = sorted(set(sections) - set(SECTIONS))
    if unknown:
        raise ValueError(f"{unknown[0]} is no section; sections are {', '.join(SECTIONS)}")
    return {code: clean_text(sections.get(code, "")) for code in SECTIONS}


def count_words(sections: Mapping[str, str]) -> int:
    """Return the number of words (runs of anything but white space) in all sections together."""
    return sum(len(text.split()) for text in sections.values())


def is_blank(sections: Mapping[str, str]) -> bool:
    return not any(text.strip() for text in sections.values())


def sections_sha256(sections: Mapping[str, str]) -> str:
    """Return the SHA-256 (64 hexadecimal digits) of the five sections' canonical JSON."""
    return hashlib.sha256(canonical_json(dict(sections)).encode("utf-8")).hexdigest()
