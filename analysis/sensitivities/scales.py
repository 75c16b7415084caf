"""Other scales, on which a margin in points has no meaning: a share of high scores, and ranks."""

from dataclasses import replace

import numpy as np

from analysis.estimate import MeanTest
from analysis.paired.lattice import OffLatticeError, common_denominator, to_lattice
from analysis.paired.signed_rank import signed_rank
from analysis.sensitivities.findings import Finding, Parameters, Subject

NO_MARGIN = "a margin in points has no meaning on this scale, so only superiority is read"


def top_box(subject: Subject, parameters: Parameters) -> list[Finding]:
    """Difference in the share of scores from a threshold up, by the primary procedure."""
    threshold = int(parameters["threshold"])
    d = subject.differences
    high = replace(
        d,
        first_score=(d.first_score >= threshold).astype(float),
        second_score=(d.second_score >= threshold).astype(float),
    )
    test = replace(subject.test(high), p_noninferior=None, p_upper=None)
    return [subject.finding(test, high, f"score of {threshold} or more", NO_MARGIN, margin=None)]


def vignette_means(subject: Subject) -> tuple[np.ndarray, np.ndarray]:
    """Mean difference and number of differences of each vignette, shapes (vignettes,)."""
    _, place = np.unique(subject.differences.vignette, return_inverse=True)
    counts = np.bincount(place)
    return np.bincount(place, subject.differences.value) / counts, counts


def signed_rank_zeros(subject: Subject, parameters: Parameters) -> list[Finding]:
    """Exact signed-rank tests of the vignette means."""
    found = []
    means, counts = vignette_means(subject)
    for rule in parameters["zeros"]:
        engine = f"exact signed-rank test, {rule.capitalize()}'s zeros"
        try:
            exact = signed_rank(to_lattice(means, common_denominator(counts)), rule)
            reason, p = exact.reason, exact.p_greater
        except OffLatticeError as error:
            reason, p = str(error), None
        test = MeanTest(engine, float(means.mean()), reason, p_superior=p)
        found.append(subject.finding(test, subject.differences, rule, NO_MARGIN, margin=None))
    return found
