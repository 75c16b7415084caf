"""What an analysis that ignores the design would have said, and which rater carries the result."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from analysis.differences import Differences
from analysis.estimate import Array, MeanTest, t_tail
from analysis.quick import options as setting
from analysis.quick.comparison import two_sided_p
from analysis.quick.options import Options
from analysis.quick.pairs import vignette_means
from analysis.quick.table import Table, closed_form
from analysis.quick.words import p_short

Record = dict[str, Any]
NAIVE = {
    "cells": "cells pooled as if independent",
    "vignettes": "vignette means, raters ignored",
    "raters": "rater means, vignettes ignored",
}
MOST = 0.5
MOST_CANCELLED = 1.5
MOST_NAMED = 3
LEAST_RATERS_TO_NAME = 3
ALPHA = 1 - setting.CONFIDENCE
# A contribution is compared with the whole only where the whole is not a cancelling remainder.
LEAST_WHOLE = 1e-9


def _one_sample(values: Array) -> Record:
    """One-sample t and asymptotic signed-rank test of values taken as independent."""
    n = len(values)
    record: Record = {"n": n, "estimate": float(values.mean()), "p_t": None, "p_signed_rank": None}
    spread = float(values.std(ddof=1)) if n > 1 else 0.0
    if spread > 1e-12:
        record["p_t"] = float(2 * t_tail(abs(values.mean()) / (spread / np.sqrt(n)), n - 1))
    moved = np.abs(values) > 1e-12
    if moved.sum() > 1:
        found = stats.wilcoxon(values[moved], correction=False, method="asymptotic")
        record["p_signed_rank"] = float(found.pvalue) if np.isfinite(found.pvalue) else None
    return record


def rater_means(differences: Differences) -> tuple[list[str], Array, Array]:
    """Rater codes, mean difference of each, and number of differences behind it."""
    raters, index, n = np.unique(differences.rater, return_inverse=True, return_counts=True)
    means = np.bincount(index, differences.value, len(raters)) / n
    return [str(code) for code in raters], means, n.astype(float)


def naive_tests(differences: Differences) -> dict[str, Record]:
    """Tests that take cells, vignette means or rater means as independent, each wrong in its own way."""
    return {
        "cells": _one_sample(differences.value),
        "vignettes": _one_sample(vignette_means(differences)[1]),
        "raters": _one_sample(rater_means(differences)[1]),
    }


def naive_sentence(naive: Mapping[str, Record], test: MeanTest) -> str:
    """The contrast between the naive p-values and the design's own, where they part; else empty."""
    p = two_sided_p(test)
    cells = naive["cells"]["p_t"]
    if p is None or cells is None or not (cells <= ALPHA < p):
        return ""
    return (
        f"Pooling the {naive['cells']['n']} cells as independent would have said p = {p_short(cells)}; with "
        f"vignettes and raters both random p = {p_short(p)}: the small p is an artefact of counting each "
        "rater many times."
    )


def leave_one_rater_out(differences: Differences, table: Table, options: Options) -> list[Record]:
    """Share of the mean that each rater supplies, and the closed-form test without that rater.

    The share is the sum of the rater's differences over the sum of all, so shares add to 1 and may be
    negative or above 1. The test is the two-way-random t on complete blocks, where there are any.
    """
    value = differences.value
    total, size = float(value.sum()), float(np.abs(value).sum())
    known = abs(total) > LEAST_WHOLE * max(size, 1.0)
    base = closed_form(table, options)[0]
    records = []
    for i, (code, mean, n) in enumerate(zip(*rater_means(differences), strict=True)):
        rest, left = total - mean * n, len(value) - int(n)
        record: Record = {"rater": code, "n": int(n), "mean": float(mean), "changes": []}
        record["share"] = float(mean * n / total) if known else None
        record["estimate_without"] = float(rest / left) if left else None
        test = closed_form(table.without(i), options)[0] if table.raters.size else base
        record["interval_without"] = None if test.interval is None else list(test.interval)
        if left and known:
            record["changes"] = _changes(base, test, total, rest / left)
        records.append(record)
    return records


def _changes(base: MeanTest, test: MeanTest, total: float, estimate: float) -> list[str]:
    changes = ["the sign of the estimate"] if estimate * total < 0 else []
    if base.interval and test.interval:
        inside = [low <= 0 <= high for low, high in (base.interval, test.interval)]
        if inside[0] != inside[1]:
            changes.append("whether the interval contains 0")
    return changes


def _carries(record: Record, records: Sequence[Record]) -> bool:
    """Whether a rater supplies most of an effect that is no remainder of raters who cancel each other."""
    shares = [other["share"] for other in records if other["share"] is not None]
    if record["share"] is None or sum(map(abs, shares)) > MOST_CANCELLED:
        return False
    return bool(record["share"] > max(MOST, 2 / len(records)))


def influence_sentences(records: Sequence[Record]) -> list[str]:
    """Raters whose removal changes the reading, or who supply most of the effect."""
    if len(records) < LEAST_RATERS_TO_NAME:
        return []
    turning = [record for record in records if record["changes"]]
    if len(turning) > MOST_NAMED:
        return [
            f"Leaving out any one of {len(turning)} raters changes the sign or whether 0 is inside: unstable."
        ]
    lines = []
    for record in records:
        parts = []
        if _carries(record, records):
            parts.append(
                f"supplies {100 * record['share']:.0f} % of the effect (own mean {record['mean']:.2f})"
            )
        if record["changes"]:
            parts.append(f"changes {' and '.join(record['changes'])} when left out")
        if parts:
            said, without = " and ".join(parts), record["estimate_without"]
            lines.append(f"Rater {record['rater']} {said}; without this rater {without:.2f}.")
    return lines
