"""Rows of the reliability tables, from the results document."""

from collections.abc import Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]
Row = dict[str, Any]

HEAD = ("dimension", "arm", "label")
WITH_LIMITS = ("icc_single", "icc_average", "alpha", "ac2", "exact", "within_one", "kappa", "kendall_w")
INTRA = ("intra_icc", "intra_kappa", "intra_sem")


def _limited(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{name}{part}" for name in names for part in ("", "_low", "_high"))


SUMMARY = (
    *HEAD,
    *_limited(WITH_LIMITS),
    "icc_responses",
    "icc_raters",
    "icc_reason",
    "alpha_ordinal",
    "alpha_responses",
    "alpha_scores",
    "alpha_reason",
    "ac2_se",
    "ac2_reason",
    "kappa_minimum",
    "kappa_maximum",
    "kappa_pairs",
    "kappa_reason",
    "kendall_w_p",
    "kendall_w_reason",
    "intra_pairs",
    "intra_raters",
    *_limited(INTRA),
    "intra_detectable_change",
    "intra_shift",
    "intra_exact",
    "intra_within_one",
    "intra_reason",
    "reason",
)
FORMS = (*HEAD, "form", "estimate", "low", "high", "statistic", "df1", "df2", "p", "reason")
PAIRS = (*HEAD, "first", "second", "estimate", "low", "high", "n", "reason")
COMPONENTS = (*HEAD, "component", "variance", "estimate", "share", "levels", "reason")
CURVE = (*HEAD, "raters", "relative", "absolute", "relative_error", "absolute_error", "reason")


def _limits(name: str, estimate: float | None, interval: Sequence[float] | None) -> Row:
    low, high = interval or (None, None)
    return {name: estimate, f"{name}_low": low, f"{name}_high": high}


def _head(record: Record) -> Row:
    return {key: record[key] for key in HEAD}


def _within_raters(found: Record) -> Row:
    icc, kappa = found["icc"] or {}, found["kappa"] or {}
    own = ("pairs", "raters", "detectable_change", "shift", "exact", "within_one", "reason")
    return (
        {f"intra_{key}": found[key] for key in own}
        | _limits("intra_icc", icc.get("estimate"), icc.get("interval"))
        | _limits("intra_kappa", kappa.get("estimate"), kappa.get("interval"))
        | _limits("intra_sem", found["sem"], found["sem_interval"])
    )


def _summary(record: Record) -> Row:
    row: Row = dict(record)
    for name in ("icc_single", "icc_average"):
        row |= _limits(name, record[name], record[f"{name}_interval"])
    for name in ("alpha", "ac2", "exact", "within_one", "kendall_w"):
        row |= _limits(name, record[name]["estimate"], record[name]["interval"])
    kappa, w = record["kappa"], record["kendall_w"]
    row |= _limits("kappa", kappa["mean"], kappa["interval"]) | _within_raters(record["intra_rater"])
    row |= {f"kappa_{key}": kappa[key] for key in ("minimum", "maximum", "reason")}
    row |= {"kappa_pairs": kappa["estimable"], "kendall_w_p": w["p"], "kendall_w_reason": w["reason"]}
    return row | {"ac2_se": record["ac2"]["se"], "ac2_reason": record["ac2"]["reason"]}


def summary_rows(results: Record) -> list[Row]:
    """One row per dimension and scope: every coefficient with its limits."""
    return [_summary(record) for record in results["reliability"]]


def form_rows(results: Record) -> list[Row]:
    """The six forms of the intraclass correlation."""
    return [
        {**_head(record), **form, "low": (form["interval"] or (None, None))[0]}
        | {"high": (form["interval"] or (None, None))[1]}
        for record in results["reliability"]
        for form in record["icc"]
    ]


def pair_rows(results: Record) -> list[Row]:
    """Weighted kappa of every pair of raters."""
    return [
        {**_head(record), **pair, "low": (pair["interval"] or (None, None))[0]}
        | {"high": (pair["interval"] or (None, None))[1]}
        for record in results["reliability"]
        for pair in record["kappa"]["pairs"]
    ]


def component_rows(results: Record) -> list[Row]:
    """Variance components of the generalisability study; one row with the reason where there is none."""
    return [
        {**_head(record), "reason": record["g_study"]["reason"], **part, "component": part.get("name")}
        for record in results["reliability"]
        for part in record["g_study"]["components"] or [{}]
    ]


def curve_rows(results: Record) -> list[Row]:
    """Relative and absolute coefficient over the number of raters."""
    return [
        {**_head(record), "reason": record["g_study"]["reason"], **point}
        for record in results["reliability"]
        for point in record["g_study"]["curve"] or [{}]
    ]
