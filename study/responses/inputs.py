"""What people and programs hand in: answers, model setups; and the canonical form of an answer."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

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


@dataclass(frozen=True)
class SamplingParameter:
    """One parameter of the wire with its bounds (inclusive) and the value that is sent when none is given."""

    kind: type
    low: float
    high: float
    default: float


# A parameter that is not sent comes silently from the model's own configuration: all of them are sent.
SAMPLING: Final[dict[str, SamplingParameter]] = {
    "temperature": SamplingParameter(float, 0, 2, 0.7),
    "top_p": SamplingParameter(float, 0, 1, 1.0),
    "top_k": SamplingParameter(int, -1, 1_000_000, -1),
    "min_p": SamplingParameter(float, 0, 1, 0.0),
    "presence_penalty": SamplingParameter(float, -2, 2, 0.0),
    "frequency_penalty": SamplingParameter(float, -2, 2, 0.0),
    "repetition_penalty": SamplingParameter(float, 0.1, 2, 1.0),
    "max_tokens": SamplingParameter(int, 16, 131_072, 2048),
}


def complete_sampling(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return every sampling parameter, defaults filled in; None means: deliberately not sent.

    Raises ValueError that names the parameter when one is unknown, of the wrong type or out of bounds.
    """
    unknown = sorted(set(given) - set(SAMPLING))
    if unknown:
        raise ValueError(f"sampling.{unknown[0]} is not known; known are {', '.join(SAMPLING)}")
    sampling = {name: given.get(name, spec.kind(spec.default)) for name, spec in SAMPLING.items()}
    for name, value in sampling.items():
        spec = SAMPLING[name]
        accepted = (int,) if spec.kind is int else (int, float)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, accepted) or not spec.low <= value <= spec.high:
            raise ValueError(
                f"sampling.{name} must be a number from {spec.low:g} to {spec.high:g}, not {value!r}"
            )
    return sampling


def clean_text(text: str) -> str:
    """Return text as it is stored: LF line ends, no outer blanks, nothing that a database refuses.

    HTML forms send CRLF; PostgreSQL refuses NUL; a lone surrogate has no UTF-8 form.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-8", "replace").decode("utf-8").strip()


def clean_json(value: Any) -> Any:
    """Return a JSON value that a database accepts; inner and outer blanks stay.

    NaN and infinity, which JSON does not have but some servers send, become texts.
    """
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, Mapping):
        return {clean_json(str(key)): clean_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean_json(item) for item in value]
    return value


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


def canonical_json(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no blanks, characters as they are."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def sections_sha256(sections: Mapping[str, str]) -> str:
    """Return the SHA-256 (64 hexadecimal digits) of the five sections' canonical JSON."""
    return hashlib.sha256(canonical_json(dict(sections)).encode("utf-8")).hexdigest()
