"""Scores that a rater did not give, drawn from that rater's own scores several times.

References
----------
Rubin DB, Schenker N (1986). Multiple imputation for interval estimation from simple random samples with
ignorable nonresponse. Journal of the American Statistical Association 81:366-374.
doi:10.1080/01621459.1986.10478280
Barnard J, Rubin DB (1999). Small-sample degrees of freedom with multiple imputation. Biometrika 86:948-955.
doi:10.1093/biomet/86.4.948
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.differences import Differences, paired_differences
from analysis.estimate import Array, MeanTest, t_test
from analysis.primary import NARROW_CONFIDENCE
from analysis.sensitivities.findings import Finding, NotAvailableError, Parameters, Subject, subset

ENGINE_POOLED = "primary procedure on imputed scores, pooled by Rubin's rules"


def expected_cells(scores: pd.DataFrame) -> pd.DataFrame:
    """Every response of a vignette by every rater who scored more than half of that vignette's responses.

    Parameters
    ----------
    scores : DataFrame
        One dimension, from `analysis.differences.primary_scores`.

    Returns
    -------
    DataFrame
        The columns of `scores`, NaN in ``score`` where the rater gave none.
    """
    responses = scores[["vignette", "responder", "arm"]].drop_duplicates()
    given = (
        scores[scores["score"].notna()].groupby(["vignette", "rater"]).size().rename("given").reset_index()
    )
    planned = responses.groupby("vignette").size()
    judges = given[given["given"] > given["vignette"].map(planned) / 2][["vignette", "rater"]]
    cells = responses.merge(judges, on="vignette").merge(
        scores, on=["vignette", "responder", "arm", "rater"], how="outer"
    )
    return cells.assign(imputed=cells["imputed"].eq(True)).sort_values(
        ["vignette", "responder", "rater"], ignore_index=True
    )


def drawn(cells: pd.DataFrame, rng: np.random.Generator, times: int) -> Array:
    """Scores with the missing ones drawn by the approximate Bayesian bootstrap within each rater.

    Returns
    -------
    ndarray, shape (times, cells)
        NaN where a rater gave no score at all.
    """
    score = cells["score"].to_numpy(float)
    rater = cells["rater"].to_numpy(str)
    filled = np.tile(score, (times, 1))
    for name in np.unique(rater):
        own = rater == name
        gaps = np.flatnonzero(own & np.isnan(score))
        pool = np.sort(score[own & ~np.isnan(score)])
        if not len(gaps) or not len(pool):
            continue
        for i in range(times):
            donors = rng.choice(pool, size=len(pool))
            filled[i, gaps] = rng.choice(donors, size=len(gaps))
    return filled


def pooled(tests: Sequence[MeanTest], *, margin: float, confidence: float) -> MeanTest:
    """Pool tests of imputed data by Rubin's rules with Barnard and Rubin's degrees of freedom."""
    reasons = sorted({test.reason for test in tests if test.reason})
    if reasons:
        return MeanTest(ENGINE_POOLED, None, reasons[0])
    m = len(tests)
    estimates = np.array([test.estimate for test in tests], float)
    variances = np.array([test.se for test in tests], float) ** 2
    complete = float(np.mean([test.df for test in tests if test.df is not None]))
    within, between = float(variances.mean()), float(estimates.var(ddof=1)) * (1 + 1 / m)
    total = within + between
    missing = between / total
    observed = (complete + 1) / (complete + 3) * complete * (1 - missing)
    df = 1 / (missing**2 / (m - 1) + 1 / observed) if observed > 0 else (m - 1) / missing**2
    return t_test(
        ENGINE_POOLED,
        float(estimates.mean()),
        total**0.5,
        df,
        margin=margin,
        confidence=confidence,
        narrow_confidence=NARROW_CONFIDENCE,
        components={"within": within, "between": between},
        rater_share=None,
        singular=(),
    )


def _completed(cells: pd.DataFrame, filled: Array, subject: Subject) -> list[Differences]:
    """Paired differences of each imputed table; a rater without any score stays out."""
    # Pairing is the costly part and is the same for all tables, so places are paired in the scores' stead.
    places = cells.assign(score=np.arange(len(cells), dtype=float))
    paired = paired_differences(places, subject.first, subject.second)
    one, other = paired.first_score.astype(int), paired.second_score.astype(int)
    keep = ~np.isnan(filled[0][one]) & ~np.isnan(filled[0][other])
    kept, one, other = subset(paired, keep), one[keep], other[keep]
    return [replace(kept, first_score=row[one], second_score=row[other]) for row in filled]


def missing_ratings(subject: Subject, parameters: Parameters) -> list[Finding]:
    """Multiple imputation of the scores that raters did not give."""
    scores = subject.study.scores(subject.dimension)
    sides = [*subject.first, *subject.second]
    cells = subject.study.once(("cells", subject.dimension), lambda: expected_cells(scores))
    own = cells["responder"].isin(sides).to_numpy()
    gaps = int(cells.loc[own, "score"].isna().sum())
    if not gaps:
        raise NotAvailableError("every rater scored every response, so nothing is imputed")
    # The same draws for every contrast of a dimension: the seed is the plan's and the pool is all responses.
    place = subject.plan.dimensions.index(subject.dimension)
    rng = np.random.default_rng([int(parameters["seed"]), place])
    filled = drawn(cells, rng, int(parameters["imputations"]))
    sets = _completed(cells[own], filled[:, own], subject)
    tests = [subject.test(differences) for differences in sets]
    test = pooled(tests, margin=subject.margin, confidence=subject.plan.confidence)
    return [subject.finding(test, sets[0], note=f"{gaps} scores imputed {len(sets)} times")]
