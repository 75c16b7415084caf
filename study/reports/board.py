"""What the control board says: the line of phases, what blocks the next step, and the pages that mend it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse

from study.blinding.queries import sealing_blockers
from study.datasets.queries import signatures_for
from study.datasets.rating_rows import open_assignments
from study.datasets.services import SIGNATURES_NEEDED
from study.datasets.snapshot import data_to_sign
from study.participants.models import Role
from study.participants.policies import access_to, may_open
from study.protocol.models import Study
from study.protocol.queries import published_commitment, signatures
from study.protocol.vocabulary import Meaning, Phase
from study.ratings.queries import opening_blockers as rating_blockers
from study.reports.queries import current_run
from study.responses.queries import closure_of, open_answers, opening_blockers


@dataclass(frozen=True)
class Step:
    """One phase of the line: done, current or still to come."""

    label: str
    is_done: bool
    is_current: bool


@dataclass(frozen=True)
class Action:
    """A page, or with `is_act` a button that acts at once."""

    label: str
    url: str
    is_act: bool = False


def phase_line(study: Study) -> list[Step]:
    order = list(Phase)
    current = order.index(Phase(study.phase))
    return [Step(str(phase.label), place < current, place == current) for place, phase in enumerate(order)]


def standing(study: Study) -> dict[str, object]:
    """Return where the study stands: its phases, what blocks the next one, and what it is committed to."""
    return {
        "steps": phase_line(study),
        "blockers": blockers(study),
        "commitment": published_commitment(study),
    }


def blockers(study: Study) -> list[str]:
    """Return what blocks the study's next step, one sentence each; an empty list means that nothing does."""
    find = _BLOCKERS.get(Phase(study.phase))
    return find(study) if find else []


def _before_sealing(study: Study) -> list[str]:
    if closure_of(study) is not None:
        return sealing_blockers(study)
    left = open_answers(study)
    owed = sum(left.resident_vignettes.values())
    drawn = sum(left.model_vignettes.values())
    found = ["Answering is open: close it when no more answers are to come."]
    if owed:
        found.insert(
            0,
            f"{_count(left.residents, 'resident')} {_have(left.residents)} {_count(owed, 'vignette')} open.",
        )
    if drawn:
        found.insert(-1, f"{_count(drawn, 'answer')} by models {_are(drawn)} not there yet.")
    return found


def _before_lock(study: Study) -> list[str]:
    found = []
    left = open_assignments(study)
    owing = left.values("rater").distinct().count()
    if owing:
        found.append(f"{_count(owing, 'rater')} {_have(owing)} {_count(left.count(), 'rating')} open.")
    signed = signatures_for(study, data_to_sign(study)).count()
    return [*found, f"The data lock needs {_still_needed(signed)}."]


def _still_needed(signed: int) -> str:
    return _count(SIGNATURES_NEEDED - signed, "more signature" if signed else "signature")


def _before_unblinding(study: Study) -> list[str]:
    found = [] if current_run(study) else ["The analysis on arm codes has not run."]
    signed = signatures(study, Meaning.UNBLINDING).count()
    return [*found, f"The release of the arm names needs {_still_needed(signed)}."]


def _before_report(study: Study) -> list[str]:
    return [] if current_run(study) else ["The analysis with the names of the arms has not run."]


_BLOCKERS: dict[Phase, Callable[[Study], list[str]]] = {
    Phase.DRAFT: opening_blockers,
    Phase.ANSWERING: _before_sealing,
    Phase.SEALED: rating_blockers,
    Phase.RATING: _before_lock,
    Phase.LOCKED: _before_unblinding,
    Phase.UNBLINDED: _before_report,
}
# Pages that belong to the phase, the next step first.
_PAGES: dict[Phase, tuple[tuple[str, str], ...]] = {
    Phase.DRAFT: (("Open answering", "answering-open"), ("Set up the models", "model-list")),
    Phase.ANSWERING: (
        ("Close answering", "answering-close"),
        ("Seal the responses", "seal"),
        ("Models", "model-list"),
    ),
    Phase.SEALED: (("Lock the plan", "plan"), ("Open rating", "rate-open"), ("Sealing", "seal")),
    Phase.RATING: (("Lock the data", "dataset-lock"),),
    Phase.LOCKED: (("Report on arm codes", "report"), ("Unblind", "dataset-unblind")),
    Phase.UNBLINDED: (("Run the analysis", "report"),),
    Phase.REPORTED: (("Report", "report"),),
}
_ACTS = frozenset({"answering-open"})
_ALWAYS = (
    ("People", "people"),
    ("Protocol", "protocol"),
    ("Analysis plan", "plan"),
    ("Audit trail", "audit"),
    ("Requests for erasure", "erasures"),
)
# Pages that stay from a phase on, most to show an act already done: first phase, label, page.
_RECORDS = (
    (Phase.SEALED, "Emergency unblinding", "emergency"),
    (Phase.SEALED, "Judges", "judge-list"),
    (Phase.RATING, "Sealing", "seal"),
    (Phase.LOCKED, "Data lock", "dataset-lock"),
    (Phase.UNBLINDED, "Unblinding", "dataset-unblind"),
)


# What a role that only reads would otherwise reach by the next step alone.
_FOR_READERS: dict[Role, tuple[tuple[str, str], ...]] = {
    Role.CUSTODIAN: (("Models", "model-list"),),
    Role.AUDITOR: (("Report", "report"),),
}


def actions(study: Study, role: Role = Role.INVESTIGATOR) -> list[Action]:
    """Return the pages and acts of this phase, the next step first, for a role that may take it."""
    return [
        Action(label, reverse(name, args=[study.slug]), name in _ACTS)
        for label, name in _PAGES[Phase(study.phase)]
        if role in access_to(name, study.slug).acts
    ]


def standing_pages(study: Study, role: Role = Role.INVESTIGATOR) -> list[Action]:
    """Return the pages that every phase has, then those that record an act already done."""
    order = list(Phase)
    behind = [
        (label, name)
        for first, label, name in _RECORDS
        if order.index(Phase(study.phase)) >= order.index(first)
    ]
    return [
        Action(label, reverse(name, args=[study.slug]))
        for label, name in (*_ALWAYS, *_FOR_READERS.get(role, ()), *behind)
        if may_open(role, name, study.slug)
    ]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
