"""The primary procedure study by study, through the engine of incomplete designs."""

from collections.abc import Iterator
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from analysis.differences import Differences, mean_test
from analysis.estimate import Array, MeanTest
from analysis.power.engine import ContrastTests
from analysis.power.simulate import Scores, Studies

NAN = float("nan")


def row(test: MeanTest) -> tuple[float, ...]:
    """One test in the order of the fields of `ContrastTests`."""
    if test.interval is None or test.narrow_interval is None:
        return (NAN if test.estimate is None else test.estimate, *[NAN] * (len(fields(ContrastTests)) - 1))
    values = (test.estimate, test.se, test.df, *test.interval, *test.narrow_interval)
    p_values = (test.p_superior, test.p_noninferior, test.p_upper)
    return tuple(NAN if value is None else value for value in (*values, *p_values))


class Labels:
    """Labels of the rows of one contrast, as the analysis of a dataset has them."""

    def __init__(self, vignette: NDArray[np.int64], resident: NDArray[np.int64], raters: int) -> None:
        self.vignette = np.array([f"V{v:04d}" for v in vignette])
        self.resident = np.array([f"S{s:04d}" for s in resident])
        self.rater = np.array([f"R{r:04d}" for r in range(raters)])

    def rows(self, model: Scores, resident: Scores) -> Differences:
        """Differences of one contrast from scores of shape (responses, raters); NaN is left out."""
        response, rater = np.nonzero(np.isfinite(model) & np.isfinite(resident))
        absent = np.zeros(len(response), dtype=bool)
        return Differences(
            vignette=self.vignette[response],
            first=np.full(len(response), "M"),
            second=self.resident[response],
            rater=self.rater[rater],
            first_score=model[response, rater].astype(float),
            second_score=resident[response, rater].astype(float),
            first_imputed=absent,
            second_imputed=absent,
        )


def one_by_one(studies: Studies, margins: Array, confidence: float) -> Iterator[tuple[float, ...]]:
    """Rows of `ContrastTests`, over dimensions, studies, models and levels, the last one fastest."""
    labels = Labels(studies.vignette, studies.resident, studies.residents.shape[-1])
    models = studies.models[..., studies.vignette, :]
    for index in np.ndindex(*models.shape[:3], studies.residents.shape[2]):
        dimension, study, model, level = index
        table = labels.rows(models[dimension, study, model], studies.residents[dimension, study, level])
        yield row(mean_test(table, margin=float(margins[dimension]), confidence=confidence))
