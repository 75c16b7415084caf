"""What the curator's page shows: flagged texts in canonical form, their marks, and what the decisions make of
them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from study.blinding.forms import DecisionForm
from study.blinding.models import FlagDecision, ScanFlag, SealCandidate
from study.blinding.normalise import normalise_text
from study.blinding.queries import flagged_candidates
from study.blinding.scan import cut_spans
from study.protocol.models import Study
from study.protocol.rubric import SECTIONS


@dataclass(frozen=True)
class FlagCard:
    """One flag with its number on the page, its decision if there is one, and the form for the next."""

    number: int
    flag: ScanFlag
    decision: FlagDecision | None
    form: DecisionForm


@dataclass(frozen=True)
class Piece:
    """A run of text; `card` is set where the run is flagged."""

    text: str
    card: FlagCard | None = None


@dataclass(frozen=True)
class CurationSection:
    heading: str
    pieces: tuple[Piece, ...]
    cards: tuple[FlagCard, ...]
    result: str | None


@dataclass(frozen=True)
class CurationText:
    public_id: str
    vignette: str
    sections: tuple[CurationSection, ...]


def curation_texts(study: Study, bound: Mapping[int, DecisionForm]) -> list[CurationText]:
    """Return the flagged texts by public id; `bound` holds forms to show again, by flag."""
    numbers = iter(range(1, 1_000_000))
    return [
        CurationText(
            candidate.public_id,
            candidate.study_vignette.code,
            tuple(_sections(candidate, [_card(next(numbers), flag, bound) for flag in flags])),
        )
        for candidate, flags in flagged_candidates(study)
    ]


def _card(number: int, flag: ScanFlag, bound: Mapping[int, DecisionForm]) -> FlagCard:
    decision = flag.decision
    initial = {"choice": decision.choice, "reason": decision.reason} if decision else None
    form = bound.get(flag.pk) or DecisionForm(initial=initial, auto_id=f"flag-{number}-%s")
    return FlagCard(number, flag, decision, form)


def _sections(candidate: SealCandidate, cards: list[FlagCard]) -> Iterator[CurationSection]:
    for code, heading in SECTIONS.items():
        own = tuple(card for card in cards if card.flag.section == code)
        if own:
            text = candidate.sections[code]
            yield CurationSection(heading, tuple(_pieces(text, own)), own, _result(text, own))


def _pieces(text: str, cards: tuple[FlagCard, ...]) -> Iterator[Piece]:
    place = 0
    for card in cards:
        yield Piece(text[place : card.flag.start])
        yield Piece(text[card.flag.start : card.flag.end], card)
        place = card.flag.end
    yield Piece(text[place:])


def _result(text: str, cards: tuple[FlagCard, ...]) -> str | None:
    """Return the section as it will be sealed, or None while a decision is missing."""
    if any(card.decision is None for card in cards):
        return None
    cuts = [card.flag for card in cards if card.decision and card.decision.choice == FlagDecision.Choice.CUT]
    return normalise_text(cut_spans(text, [(flag.start, flag.end) for flag in cuts])) if cuts else text
