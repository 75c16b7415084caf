"""Every sensitivity of a plan on one contrast and dimension, and the word that each gives."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.decision import (
    EQUIVALENT,
    INCONCLUSIVE,
    NO_CLAIM,
    NONINFERIOR,
    NOT_ESTIMABLE,
    SUPERIOR,
    interval_word,
)
from analysis.differences import NO_PAIRS
from analysis.sensitivities import (
    exclusions,
    imputation,
    leave_one_out,
    models,
    panel,
    rules,
    scales,
    settings,
)
from analysis.sensitivities.catalogue import CATALOGUE
from analysis.sensitivities.findings import Finding, NotAvailableError, Parameters, Subject

Record = dict[str, Any]
Method = Callable[[Subject, Parameters], list[Finding]]
CLAIM_WORDS = (SUPERIOR, NONINFERIOR, EQUIVALENT, INCONCLUSIVE)

METHODS: Mapping[str, Method] = {
    "leave_one_rater_out": leave_one_out.leave_one_rater_out,
    "leave_one_vignette_out": leave_one_out.leave_one_vignette_out,
    "leave_one_resident_out": leave_one_out.leave_one_resident_out,
    "fixed_raters": panel.fixed_raters,
    "equivalence_alpha": settings.equivalence_alpha,
    "margin_shift": settings.margin_shift,
    "median_over_raters": panel.median_over_raters,
    "top_box": scales.top_box,
    "fast_ratings": exclusions.fast_ratings,
    "correct_guesses": exclusions.correct_guesses,
    "length_adjusted": models.length_adjusted,
    "first_exposure": models.first_exposure,
    "strata": exclusions.strata,
    "other_draws": rules.other_draws,
    "missing_response": rules.missing_response,
    "missing_ratings": imputation.missing_ratings,
    "signed_rank": scales.signed_rank_zeros,
}


@dataclass(frozen=True)
class Outcome:
    """A sensitivity on one contrast and dimension: its findings, or why there are none."""

    name: str
    findings: Sequence[Finding]
    reason: str = ""


def outcomes(subject: Subject) -> list[Outcome]:
    """Run every sensitivity of the plan, in the plan's order; what cannot be run says why."""
    found = []
    for entry in subject.plan.sensitivities:
        name = entry["name"]
        if not len(subject.differences):
            found.append(Outcome(name, (), NO_PAIRS))
            continue
        try:
            found.append(Outcome(name, METHODS[name](subject, entry)))
        except NotAvailableError as error:
            found.append(Outcome(name, (), str(error)))
    return found


def word_of(finding: Finding, alpha: float) -> str:
    """The claim word of a finding by the rule of the primary analysis.

    Where a margin has no meaning only superiority can be claimed: its one-sided p must be at most `alpha`.
    """
    if finding.faults:
        return f"{NO_CLAIM}: {'; '.join(finding.faults)}"
    if finding.test.reason:
        return f"{NOT_ESTIMABLE}, because {finding.test.reason}"
    if finding.margin is None:
        p = finding.test.p_superior
        return SUPERIOR if p is not None and p <= alpha else INCONCLUSIVE
    return interval_word(finding.test, margin=finding.margin, equivalence_alpha=finding.equivalence_alpha)


def is_changed(primary: str, word: str, *, has_margin: bool = True) -> bool | None:
    """Whether the word differs from the primary one; None where one of the two is no claim word.

    Without a margin only superiority is compared, because nothing else could have been claimed.
    """
    if primary not in CLAIM_WORDS or word not in CLAIM_WORDS:
        return None
    if has_margin:
        return primary != word
    return (primary == SUPERIOR) != (word == SUPERIOR)


def _record(name: str, finding: Finding, primary: str, alpha: float) -> Record:
    test = finding.test
    low, high = test.interval or (None, None)
    narrow_low, narrow_high = test.narrow_interval or (None, None)
    word = word_of(finding, alpha)
    return {
        "sensitivity": name,
        "case": finding.case,
        "engine": test.engine,
        "estimate": test.estimate,
        "se": test.se,
        "df": test.df,
        "low": low,
        "high": high,
        "narrow_low": narrow_low,
        "narrow_high": narrow_high,
        "p_superior": test.p_superior,
        "p_noninferior": test.p_noninferior,
        "p_upper": test.p_upper,
        "margin": finding.margin,
        "equivalence_alpha": finding.equivalence_alpha,
        "n": finding.n,
        "word": word,
        "primary_word": primary,
        "changed": is_changed(primary, word, has_margin=finding.margin is not None),
        "reason": test.reason,
        "note": finding.note,
    }


def records(found: Sequence[Outcome], primary_word: str, alpha: float) -> list[Record]:
    """One plain record per finding; `primary_word` is the contrast's own claim word."""
    return [
        _record(outcome.name, finding, primary_word, alpha)
        for outcome in found
        for finding in outcome.findings
    ]


def availability(entries: Sequence[Parameters], found: Mapping[str, Sequence[Outcome]]) -> list[Record]:
    """Each sensitivity of the plan with its parameters, and why it is not available where it is not.

    Parameters
    ----------
    entries : sequence of mapping
        As the plan lists them.
    found : mapping of str to sequence of Outcome
        All outcomes by name.
    """
    listed = []
    for entry in entries:
        own = found.get(entry["name"], ())
        reasons = list(dict.fromkeys(outcome.reason for outcome in own if outcome.reason))
        available = any(outcome.findings for outcome in own)
        listed.append(
            {
                "sensitivity": entry["name"],
                "explanation": CATALOGUE[entry["name"]].explanation,
                "parameters": {key: value for key, value in entry.items() if key != "name"},
                "available": available,
                "reason": ""
                if available
                else f"not available, because {'; '.join(reasons) or 'nothing was compared'}",
                "partly": f"not available everywhere, because {'; '.join(reasons)}"
                if available and reasons
                else "",
            }
        )
    return listed
