"""Part of the ratings left out: fast ones, ones whose rater guessed the source, strata of vignettes."""

import numpy as np

from analysis.sensitivities.findings import Finding, NotAvailableError, Parameters, Subject


def fast_ratings(subject: Subject, parameters: Parameters) -> list[Finding]:
    """Pairs left out in which either rating took less active time than the floor, seconds.

    A rating without a recorded time is kept.
    """
    floor = float(parameters["below_seconds"])
    first, second = subject.looked_up(subject.study.ratings, "seconds")
    times = np.concatenate([first, second])
    if len(times) and np.isnan(times).all():
        raise NotAvailableError("no active time of a rating was recorded")
    fast = (first < floor) | (second < floor)
    return [subject.kept(~fast, note=f"{int(fast.sum())} differences left out")]


def correct_guesses(subject: Subject, parameters: Parameters) -> list[Finding]:  # noqa: ARG001  as all methods
    """Pairs left out in which the rater named the source of either response rightly."""
    study = subject.study
    if study.dataset.guesses.empty:
        raise NotAvailableError("no source guess was given")
    first, second = subject.looked_up(study.ratings, "guessed_right")
    right = (first == 1) | (second == 1)
    return [subject.kept(~right, note=f"{int(right.sum())} differences left out")]


def strata(subject: Subject, parameters: Parameters) -> list[Finding]:
    """The primary procedure within each stratum of vignettes that the plan names."""
    named = parameters["strata"]
    if not named:
        raise NotAvailableError("the dataset holds no strata of vignettes and the plan names none")
    vignettes = subject.differences.vignette
    return [subject.kept(np.isin(vignettes, list(codes)), name) for name, codes in named.items()]
