"""What sealing handles on its way from a response to an item."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CanonicalResponse:
    """A response's canonical text; `response_id` never leaves the sealing services."""

    response_id: int
    study_vignette_id: int
    vignette_code: str
    sections: dict[str, str]
    variant: str
    draw: int


@dataclass(frozen=True)
class Preparation:
    """What a preparation of sealing found: texts to seal, flagged spans, responses without any text."""

    texts: int
    flags: int
    empty: int
