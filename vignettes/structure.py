"""What a vignette holds, as frozen dataclasses, and its canonical JSON form.

Three readerships are kept apart: `RespondentView` (residents and models), `RaterView` (raters) and
`HiddenPart` (investigators, analysis of errors and scripted engines only).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from vignettes.variants import ORIGINAL, Variant, variant_from

APPROVAL = "not clinically approved"
APINCH = ("anti_infectives", "potassium", "insulin", "narcotics", "chemotherapy", "heparin")
PROCESS_STEPS = (
    "prescribing",
    "dose_adjustment",
    "administration",
    "monitoring",
    "reconciliation",
    "discharge",
    "deprescribing",
    "counselling",
    "transcription",
)
SETTINGS = ("intensive_care", "ward", "emergency_department", "clinic", "perioperative", "day_unit")
SECTIONS = ("assessment", "recommended_action", "avoid", "monitoring", "escalation")
KEY_POINT_KINDS = ("must_do", "must_not", "monitor", "communicate")
VERIFICATIONS = ("verified", "partly_verified", "unverified")
TYPICAL_OF = ("pgy1", "pgy2", "resident", "model", "both")
HARMS = ("none", "mild", "moderate", "severe", "death")
TRAPS = ("none", "no_change", "decline", "partial")


@dataclass(frozen=True)
class Strata:
    """Where a vignette stands in the declared frame of the bank."""

    apinch: tuple[str, ...]
    process_steps: tuple[str, ...]
    hazards: tuple[str, ...]
    setting: str
    population: str


@dataclass(frozen=True)
class KeyPointCard:
    """A key point as a rater sees it."""

    text: str
    critical: bool
    source: str
    section: str


@dataclass(frozen=True)
class KeyPoint:
    """One assertion that a good answer holds, with the source it rests on."""

    id: str
    text: str
    section: str
    kind: str
    critical: bool
    source: str
    url: str | None
    verification: str
    note: str | None

    @property
    def card(self) -> KeyPointCard:
        """The part that raters see."""
        return KeyPointCard(self.text, self.critical, self.source, self.section)


@dataclass(frozen=True)
class ReferenceAnswer:
    """The model answer in the five sections."""

    assessment: str
    recommended_action: str
    avoid: str
    monitoring: str
    escalation: str

    @property
    def sections(self) -> dict[str, str]:
        """Section code to text, in the order of the answer form."""
        return {section: getattr(self, section) for section in SECTIONS}


@dataclass(frozen=True)
class CommonError:
    """A mistake to expect, as described and as somebody would write it, with its potential harm."""

    error: str
    answer_text: str
    section: str
    typical_of: str
    harm: str
    harm_text: str


@dataclass(frozen=True)
class Trap:
    """The pull away from the safe answer, if the vignette has one."""

    kind: str
    explanation: str | None


@dataclass(frozen=True)
class Calculation:
    """A derived figure in the text, with what it was computed from."""

    kind: str
    inputs: Mapping[str, Any] = field(hash=False)
    stated: float
    decimals: int
    quote: str


@dataclass(frozen=True)
class RespondentView:
    """All that residents and models are shown."""

    scenario: str
    question: str


@dataclass(frozen=True)
class RaterView:
    """All that raters are shown beside a response."""

    scenario: str
    question: str
    key_points: tuple[KeyPointCard, ...]


@dataclass(frozen=True)
class HiddenPart:
    """What neither respondents nor raters ever see."""

    reference_answer: ReferenceAnswer
    common_errors: tuple[CommonError, ...]
    trap: Trap


@dataclass(frozen=True)
class VignetteContent:
    """One vignette of the bank, complete and checked."""

    schema: int
    id: str
    title: str
    clinical_approval: str
    language: str
    strata: Strata
    difficulty: int
    scenario: str
    question: str
    key_points: tuple[KeyPoint, ...]
    reference_answer: ReferenceAnswer
    common_errors: tuple[CommonError, ...]
    trap: Trap
    jurisdiction_notes: str
    calculations: tuple[Calculation, ...]
    variants: tuple[Variant, ...]

    @property
    def variant_names(self) -> tuple[str, ...]:
        """The names of the variants, in the order of the file."""
        return tuple(variant.name for variant in self.variants)

    def as_asked(self, variant: str) -> RespondentView:
        """The case and the question of a variant, or of the original. Raises KeyError for another name."""
        if variant == ORIGINAL:
            return self.for_respondents
        named = {each.name: each for each in self.variants}
        return RespondentView(*named[variant].applied(self.scenario, self.question))

    @property
    def for_respondents(self) -> RespondentView:
        """The part for residents and models."""
        return RespondentView(self.scenario, self.question)

    @property
    def for_raters(self) -> RaterView:
        """The part for raters: case, question and key-point card."""
        return RaterView(self.scenario, self.question, tuple(point.card for point in self.key_points))

    @property
    def hidden(self) -> HiddenPart:
        """The part that stays hidden from both."""
        return HiddenPart(self.reference_answer, self.common_errors, self.trap)

    @property
    def sha256(self) -> str:
        """SHA-256 of the canonical JSON, 64 lower-case hexadecimal digits."""
        return content_sha256(self)


def from_canonical(content: Mapping[str, Any]) -> VignetteContent:
    """A vignette from its canonical form (as stored, or as read from a checked file)."""
    strata = content["strata"]
    lists = {name: tuple(strata[name]) for name in ("apinch", "process_steps", "hazards")}
    return VignetteContent(
        **{
            **content,
            "strata": Strata(**{**strata, **lists}),
            "key_points": tuple(KeyPoint(**point) for point in content["key_points"]),
            "reference_answer": ReferenceAnswer(**content["reference_answer"]),
            "common_errors": tuple(CommonError(**error) for error in content["common_errors"]),
            "trap": Trap(**content["trap"]),
            "calculations": tuple(Calculation(**calculation) for calculation in content["calculations"]),
            # Versions of schema 1, which stay in the database, have none.
            "variants": tuple(variant_from(variant) for variant in content.get("variants", ())),
        }
    )


def to_canonical(content: VignetteContent) -> dict[str, Any]:
    """Plain JSON values (dict, list, text, numbers, None), as stored."""
    plain: dict[str, Any] = json.loads(to_canonical_json(content))
    return plain


def to_canonical_json(content: VignetteContent) -> str:
    """The one JSON text of a vignette: sorted keys, no blanks, UTF-8 characters as they are."""
    return json.dumps(
        asdict(content), sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )


def content_sha256(content: VignetteContent) -> str:
    """SHA-256 of the canonical JSON in UTF-8, as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(to_canonical_json(content).encode("utf-8")).hexdigest()
