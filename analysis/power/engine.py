"""The primary procedure on simulated studies: the same functions as the analysis of a real one."""

from dataclasses import dataclass, fields

import numpy as np

from analysis.estimate import Array
from analysis.power.design import Design
from analysis.power.simulate import Scores, Studies, differences
from analysis.primary import two_way_random_t


@dataclass(frozen=True)
class ContrastTests:
    """ContrastTests of many contrasts; every array has one shape, NaN where a test is not estimable."""

    estimate: Array
    se: Array
    df: Array
    low: Array
    high: Array
    narrow_low: Array
    narrow_high: Array
    p_superior: Array
    p_noninferior: Array
    p_upper: Array


def block_means(values: Scores | Array, blocks: int) -> Array:
    """Means over the neighbouring responses of each block, shape (..., blocks, raters)."""
    *front, responses, raters = values.shape
    grouped = values.reshape(*front, blocks, responses // blocks, raters)
    return np.asarray(grouped.mean(axis=-2, dtype=np.float64))


def closed_form(values: Scores, blocks: int, margins: Array, confidence: float) -> ContrastTests:
    """`two_way_random_t` on complete differences, one margin for each entry of the first axis."""
    means = block_means(values, blocks)
    results = [
        two_way_random_t(part, margin=float(margin), confidence=confidence)
        for part, margin in zip(means, margins, strict=True)
    ]
    return ContrastTests(
        **{f.name: np.stack([getattr(result, f.name) for result in results]) for f in fields(ContrastTests)}
    )


def primary_tests(design: Design, studies: Studies, margins: Array, confidence: float) -> ContrastTests:
    """The primary test of every contrast.

    A complete design goes through the closed form, all studies at once; any other through `mean_test`, study
    by study, where completeness decides the engine as in a real analysis.

    Parameters
    ----------
    design : Design
    studies : Studies
    margins : ndarray, shape (dimensions,)
    confidence : float

    Returns
    -------
    ContrastTests
        Arrays of shape (dimensions, studies, models, levels).
    """
    if design.complete:
        return closed_form(differences(studies), design.residents_per_level, margins, confidence)
    # A complete design needs neither the mixed models nor pandas, which take a second to load.
    from analysis.power.incomplete import one_by_one  # noqa: PLC0415

    shape = (*studies.models.shape[:3], studies.residents.shape[2])
    table = np.array(list(one_by_one(studies, margins, confidence)), dtype=np.float64)
    return ContrastTests(*(table[:, i].reshape(shape) for i in range(table.shape[1])))
