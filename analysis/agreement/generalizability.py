"""Generalisability: variance components of crossed score tables and coefficients for any number of raters.

Components come from the analogous analysis of variance (Henderson's first method): the sums of squares of
the uncorrected totals of each effect are set equal to their expectations. This is unbiased for random effects
with any pattern of missing cells, and it is the ordinary analysis of variance for a complete table.

References
----------
Brennan RL (2001). Generalizability Theory, chapters 3, 4 and 7. doi:10.1007/978-1-4757-3456-0
Henderson CR (1953). Estimation of variance and covariance components. Biometrics 9:226-252.
doi:10.2307/3001853
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.estimate import Array

RESIDUAL = "residual"
RESPONSE, RATER = "response", "rater"
RELATIVE_ZERO = 1e-12
WORST_CONDITION = 1e10
RATER_COUNTS = tuple(range(1, 11))

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Component:
    """A variance component in squared points.

    Attributes
    ----------
    name : str
    variance : float
        Not below 0.
    estimate : float
        What the equations gave, which may be negative.
    share : float or None
        Of the sum of all components.
    levels : int
    """

    name: str
    variance: float
    estimate: float
    share: float | None
    levels: int


@dataclass(frozen=True)
class DStudyPoint:
    """Coefficients of the mean over a number of raters, and their error variances in squared points.

    The relative coefficient holds for comparing responses that the same raters scored, the absolute one
    (index of dependability) for the score itself.
    """

    raters: int
    relative: float | None
    absolute: float | None
    relative_error: float
    absolute_error: float


@dataclass(frozen=True)
class GStudy:
    """Variance components and what they imply for other numbers of raters.

    Attributes
    ----------
    components : tuple of Component
    curve : tuple of DStudyPoint
    scores : int
    set_to_zero : tuple of str
        Components whose estimate was negative; 0 is then the estimate, not a finding that none exists.
    confounded : dict of str to str
        Effects that these data cannot tell from another, by the effect that stands for both.
    reason : str
        Empty, or why nothing is estimable.
    """

    components: tuple[Component, ...]
    curve: tuple[DStudyPoint, ...]
    scores: int
    set_to_zero: tuple[str, ...] = ()
    confounded: Mapping[str, str] | None = None
    reason: str = ""

    def variance(self, name: str) -> float:
        """The component of this name; 0 if the design has none."""
        return next((each.variance for each in self.components if each.name == name), 0.0)


def _codes(labels: Sequence[ArrayLike]) -> Codes:
    """One code per distinct combination of the labels."""
    codes = np.unique(np.asarray(labels[0]), return_inverse=True)[1].astype(np.int64)
    for each in labels[1:]:
        other = np.unique(np.asarray(each), return_inverse=True)[1].astype(np.int64)
        codes = np.unique(codes * (int(other.max()) + 1) + other, return_inverse=True)[1].astype(np.int64)
    return codes


def _same_partition(first: Codes, second: Codes) -> bool:
    joint = len(np.unique(first * (int(second.max()) + 1) + second))
    return joint == int(first.max()) + 1 == int(second.max()) + 1


def _distinct(effects: Mapping[str, Codes]) -> tuple[dict[str, Codes], dict[str, str]]:
    """Effects without those whose levels are the single scores or those of an effect before, and by which."""
    kept: dict[str, Codes] = {}
    confounded: dict[str, str] = {}
    for name, codes in effects.items():
        levels = int(codes.max()) + 1
        if levels == len(codes):
            confounded[name] = RESIDUAL
        elif same := next((other for other, c in kept.items() if _same_partition(c, codes)), ""):
            confounded[name] = same
        elif levels > 1:
            kept[name] = codes
    return kept, confounded


def _expectation(of: Codes, over: Codes) -> float:
    """Coefficient of one component in the uncorrected sum of squares of another effect's totals."""
    width = int(over.max()) + 1
    cells, counts = np.unique(of * width + over, return_counts=True)
    sizes = np.bincount(of)
    return float((counts.astype(float) ** 2 / sizes[cells // width]).sum())


def _solved(scores: Array, effects: Mapping[str, Codes]) -> Array | None:
    """Components in the order of the effects, then the residual; None if they are not determined."""
    n = len(scores)
    single, together = np.arange(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    sources = [*effects.values(), single]
    rows = [together, *sources]
    coefficients = np.array([[_expectation(row, source) for source in sources] for row in rows])
    squares = np.array([(np.bincount(row, scores) ** 2 / np.bincount(row)).sum() for row in rows])
    # Each row also expects n times the squared mean; taking off the first row removes it.
    system, right = coefficients[1:] - coefficients[0], squares[1:] - squares[0]
    if np.linalg.matrix_rank(system) < len(system) or np.linalg.cond(system) > WORST_CONDITION:
        return None
    return np.asarray(np.linalg.solve(system, right))


def variance_components(
    scores: ArrayLike, effects: Mapping[str, Sequence[ArrayLike]]
) -> tuple[tuple[Component, ...], dict[str, str], str]:
    """Variance components of random effects; also which effects are confounded, and why nothing is estimable.

    Parameters
    ----------
    scores : array_like, shape (scores,)
    effects : mapping
        For each effect the labels whose combination are its levels, each of shape (scores,); main effects
        first. The residual is added.
    """
    y = np.asarray(scores, float)
    if len(y) < 2:
        return (), {}, "fewer than 2 scores"
    if np.ptp(y) == 0:
        return (), {}, "all scores are equal"
    kept, confounded = _distinct({name: _codes(labels) for name, labels in effects.items()})
    found = _solved(y - y.mean(), kept)
    if found is None:
        return (), confounded, "the missing cells leave some components without information"
    total = float(np.maximum(found, 0).sum())
    tiny = RELATIVE_ZERO * float(y.var())
    levels = [*(int(codes.max()) + 1 for codes in kept.values()), len(y)]
    components = tuple(
        Component(name, max(value, 0.0), value, max(value, 0.0) / total if total > 0 else None, count)
        for name, value, count in zip(
            [*kept, RESIDUAL], (float(v) if abs(v) > tiny else 0.0 for v in found), levels, strict=True
        )
    )
    return components, confounded, ""


def d_study(
    components: Mapping[str, float], rater_effects: Sequence[str], raters: Sequence[int] = RATER_COUNTS
) -> tuple[DStudyPoint, ...]:
    """Relative and absolute coefficients of a response's mean over raters.

    Parameters
    ----------
    components : mapping
        Variance by name, squared points.
    rater_effects : sequence of str
        The components that averaging over raters makes smaller; `RATER` among them moves all responses
        alike and so is an error of the absolute coefficient only. The residual is one of them. All other
        components are true differences between responses.
    raters : sequence of int
    """
    averaged = {*rater_effects, RESIDUAL}
    true = sum(value for name, value in components.items() if name not in averaged)
    relative = sum(value for name, value in components.items() if name in averaged and name != RATER)
    absolute = relative + components.get(RATER, 0.0)
    return tuple(
        DStudyPoint(
            n,
            true / (true + relative / n) if true + relative > 0 else None,
            true / (true + absolute / n) if true + absolute > 0 else None,
            relative / n,
            absolute / n,
        )
        for n in raters
    )


def raters_needed(components: Mapping[str, float], rater_effects: Sequence[str], target: float) -> int | None:
    """Smallest number of raters whose mean reaches an absolute coefficient; None if no number does."""
    point = d_study(components, rater_effects, [1])[0]
    if point.absolute is None or point.absolute <= 0 or not 0 < target < 1:
        return None
    true = sum(v for name, v in components.items() if name not in {*rater_effects, RESIDUAL})
    return max(1, int(np.ceil(target * point.absolute_error / ((1 - target) * true) - RELATIVE_ZERO)))


def _study(scores: ArrayLike, effects: Mapping[str, Sequence[ArrayLike]], raters: Sequence[int]) -> GStudy:
    given = np.asarray(scores, float)
    for needed in (RATER, RESPONSE):
        labels = effects[needed][0]
        if len(np.unique(np.asarray(labels))) < 2:
            return GStudy((), (), len(given), reason=f"fewer than 2 {needed}s")
    components, confounded, reason = variance_components(given, effects)
    if not reason and confounded.get(RESPONSE) == RESIDUAL:
        reason = "no response has two scores"
    if reason:
        return GStudy((), (), len(given), confounded=confounded, reason=reason)
    averaged = [name for name in effects if RATER in name]
    variances = {each.name: each.variance for each in components}
    below = tuple(each.name for each in components if each.estimate < 0)
    return GStudy(components, d_study(variances, averaged, raters), len(given), below, confounded)


def crossed_study(scores: ArrayLike, raters: Sequence[int] = RATER_COUNTS) -> GStudy:
    """One-facet study of responses crossed with raters.

    Parameters
    ----------
    scores : array_like, shape (responses, raters)
        Scores; NaN is missing.
    raters : sequence of int
        Numbers of raters of the curve.
    """
    table = np.asarray(scores, float)
    row, column = np.nonzero(np.isfinite(table))
    return _study(table[row, column], {RESPONSE: [row], RATER: [column]}, raters)


def source_study(
    scores: ArrayLike,
    *,
    vignette: ArrayLike,
    arm: ArrayLike,
    response: ArrayLike,
    rater: ArrayLike,
    raters: Sequence[int] = RATER_COUNTS,
) -> GStudy:
    """Study of responses of several arms to the same vignettes, crossed with raters.

    Responses vary with vignette, arm and their combination; the raters' severity, their own view of a
    vignette and their leaning towards an arm are separate errors.

    Parameters
    ----------
    scores, vignette, arm, response, rater : array_like, shape (scores,)
        One row per score. Arms are taken as random, as the components of any source are.
    raters : sequence of int
        Numbers of raters of the curve.
    """
    effects = {
        "vignette": [vignette],
        "arm": [arm],
        RESPONSE: [response],
        RATER: [rater],
        "vignette x rater": [vignette, rater],
        "arm x rater": [arm, rater],
    }
    return _study(scores, effects, raters)
