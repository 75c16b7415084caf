"""Reads for curators and investigators before and at sealing; nothing here tells an author."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from django.db.models import QuerySet

from study.blinding.models import BlindedItem, ExclusionRun, FlagDecision, ScanFlag, SealCandidate
from study.participants.models import Participant, Role
from study.participants.queries import consented
from study.protocol.models import Study
from study.protocol.queries import robustness_of
from study.protocol.rubric import SECTIONS
from study.responses.models import AnsweringClosure, ModelSetup, Response
from vignettes.variants import ORIGINAL


@dataclass(frozen=True)
class LeakReport:
    """Totals over all arms together; `words` are minimum, quartiles and maximum of the texts' lengths in
    words.
    """

    texts: int
    flagged_texts: int
    flags: int
    kept: int
    cut: int
    words: tuple[int, ...]

    @property
    def undecided(self) -> int:
        return self.flags - self.kept - self.cut


@dataclass(frozen=True)
class RatingAhead:
    """What sealing makes of the answers: to variants, and the raters that the rest needs.

    `forms` counts the draws of the original and the rated variants: a rater meets a vignette in one of them.
    """

    variant_answers: int
    is_rated: bool
    forms: int
    needed: int
    agreed: int


def rating_ahead(study: Study) -> RatingAhead:
    """Return what sealing now would mean for rating, by the plan as it stands."""
    answers, is_rated = Response.objects.filter(study=study), robustness_of(study).rated
    rated = answers if is_rated else answers.filter(variant=ORIGINAL)
    forms = max(rated.values("variant", "draw").distinct().count(), 1)
    return RatingAhead(
        variant_answers=answers.exclude(variant=ORIGINAL).count(),
        is_rated=is_rated,
        forms=forms,
        needed=forms * study.raters_per_response,
        agreed=consented(study, Role.RATER).count(),
    )


def flags_of(study: Study) -> QuerySet[ScanFlag]:
    """Return all flags with their decisions, in public-id order."""
    found = ScanFlag.objects.filter(candidate__study=study).exclude(candidate__sections={})
    found = found.select_related("candidate__study_vignette")
    return found.prefetch_related("decisions").order_by("candidate__public_id", "section", "start")


def flagged_candidates(study: Study) -> list[tuple[SealCandidate, list[ScanFlag]]]:
    """Return each flagged text with its flags in the order of the sections, by public id."""
    grouped: dict[SealCandidate, list[ScanFlag]] = {}
    for flag in flags_of(study):
        grouped.setdefault(flag.candidate, []).append(flag)
    order = list(SECTIONS)
    return [
        (candidate, sorted(flags, key=lambda flag: (order.index(flag.section), flag.start)))
        for candidate, flags in grouped.items()
    ]


def leak_report(study: Study) -> LeakReport:
    """Return the leak scan's totals: none by arm, nor by rule, which would come close to it."""
    flags = list(flags_of(study))
    choices = Counter(flag.decision.choice for flag in flags if flag.decision)
    texts = SealCandidate.objects.filter(study=study).exclude(sections={})
    lengths = [_words(candidate.sections) for candidate in texts]
    words = np.percentile(lengths, [0, 25, 50, 75, 100]).round().astype(int).tolist() if lengths else []
    return LeakReport(
        texts=len(lengths),
        flagged_texts=len({flag.candidate_id for flag in flags}),
        flags=len(flags),
        kept=choices[FlagDecision.Choice.KEEP],
        cut=choices[FlagDecision.Choice.CUT],
        words=tuple(words),
    )


def _words(sections: dict[str, str]) -> int:
    return sum(len(text.split()) for text in sections.values())


def sealing_blockers(study: Study) -> list[str]:
    """Return what still stands between the study and its sealing, one sentence each."""
    report = leak_report(study)
    if not AnsweringClosure.objects.filter(study=study).exists():
        return ["Answering is still open. Close it first."]
    if not report.texts:
        return ["The texts are not prepared. Prepare them: this normalises and scans every response."]
    if report.undecided:
        return [f"A curator still has to decide about {report.undecided} of {report.flags} flagged spans."]
    return []


def raters_without_exclusions(study: Study) -> QuerySet[Participant]:
    """Return the raters for whom exclusions were not derived: they joined after sealing."""
    derived = ExclusionRun.objects.filter(study=study).values("rater_id")
    return study.participants.filter(role=Role.RATER).exclude(pk__in=derived).order_by("id")


def item_count(study: Study) -> int:
    return BlindedItem.objects.filter(study=study).count()


def study_words(study: Study) -> dict[str, list[str]]:
    """Return this study's telling words for the leak scan: arms, models, sites, names of people."""
    setups = ModelSetup.objects.filter(arm__study=study).order_by("id")
    people = study.participants.select_related("person").order_by("id")
    return {
        "arm": [word for arm in study.arms.all() for word in (arm.label, arm.name)],
        "model": [word for setup in setups for word in _model_words(setup.model)],
        "site": [each.site for each in people if each.site],
        "person": [word for each in people for word in _name_words(each.person.name)],
    }


def _model_words(model: str) -> Iterable[str]:
    """A model's name, its name without the publisher, and that name's first word."""
    short = model.rsplit("/", 1)[-1]
    stem = re.split(r"[-_:. ]", short)[0]
    return {model, short, *([stem] if len(stem) > 3 else [])}


def _name_words(name: str) -> Iterable[str]:
    """A full name, and those of its parts that are long enough to be no common word."""
    return {name, *(part for part in name.split() if len(part) > 3)}
