"""Rows of the tables on safety verdicts under variants and on the judges, from the results document."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]
Row = dict[str, Any]

SOURCE = ("source", "is_judge", "model", "label", "variant")
RATES = (
    *SOURCE,
    "planned",
    "never_given",
    "unjudged",
    "events",
    "responses",
    "share",
    "low",
    "high",
    "upper_bound",
)
STABILITY = (
    *SOURCE,
    "items",
    "unchanged",
    "share",
    "low",
    "high",
    "to_unsafe",
    "to_safe",
    "p_exact",
    "left_out",
    "bound_low",
    "bound_high",
    "reason",
)
AGAINST_BASELINE = (
    *SOURCE,
    "baseline",
    "pairs",
    "unsafe",
    "unsafe_baseline",
    "both",
    "first_only",
    "second_only",
    "neither",
    "p_exact",
    "p_mid",
    "risk_difference",
    "low",
    "high",
    "reason",
)
JUDGE = ("judge", "model", "family", "dimension")
FIGURES = ("bias", "kappa_median", "kappa_mean", "alpha", "alpha_clinicians", "rank")
JUDGES = (
    *JUDGE,
    "profile",
    "engine",
    "revision",
    "judgements",
    "scored",
    "refused",
    "unparsed",
    "truncated",
    "empty",
    "not_scored",
    "rated",
    "compared",
    *(f"{name}{part}" for name in FIGURES for part in ("", "_low", "_high", "_reason")),
    "kappa_single",
    "kappa_among_raters",
    "error_before",
    "error_after",
    "error_constant",
    "calibration_reason",
    "reason",
)
BIAS = (*JUDGE, "of", "label", "estimate", "se", "df", "low", "high", "values", "clusters", "reason")
MAP = (*JUDGE, "score", "value", "responses")
EVERY_VARIANT = "(every variant)"


def _limits(interval: Sequence[float] | None, prefix: str = "") -> Row:
    low, high = interval or (None, None)
    return {f"{prefix}low": low, f"{prefix}high": high}


def _rate_rows(results: Record) -> list[Row]:
    return [{**row, **_limits(row["interval"])} for row in results["variants"]["rates"]]


def _stability_rows(results: Record) -> list[Row]:
    """Every variant on its own, then all of them together."""
    found = results["variants"]["robustness"]
    rows = [
        {**row, **_limits(row["interval"]), **_limits(row["bounds"], "bound_")} for row in found["stability"]
    ]
    return rows + [
        {**row, **_limits(row["interval"]), "variant": EVERY_VARIANT} for row in found["throughout"]
    ]


def _baseline_rows(results: Record) -> list[Row]:
    return [{**row, **_limits(row["interval"])} for row in results["variants"]["baseline"]["comparisons"]]


def _each_dimension(results: Record) -> list[tuple[Row, Record]]:
    keys = ("judge", "model", "family", "profile", "engine", "revision")
    return [
        ({**{key: judge[key] for key in keys}, "dimension": record["dimension"]}, record)
        for judge in results["judges"]["judges"]
        for record in judge["dimensions"]
    ]


def _judge_row(head: Row, record: Record) -> Row:
    row = {**head, **record["outcomes"]}
    row |= {key: record[key] for key in ("judgements", "not_scored", "rated", "compared", "reason")}
    for name in FIGURES:
        figure = record[name]
        row |= {name: figure["estimate"], f"{name}_reason": figure["reason"]}
        row |= _limits(figure["interval"], f"{name}_")
    calibration, single = record["calibration"], record["kappa_single"]
    row |= {key: calibration[key] for key in ("error_before", "error_after", "error_constant")}
    row |= {"calibration_reason": calibration["reason"]}
    return row | {"kappa_single": single["judge"], "kappa_among_raters": single["clinicians"]}


def _bias_rows(results: Record) -> list[Row]:
    """The bias by arm, then the own family's less that of others."""
    rows: list[Row] = []
    for head, record in _each_dimension(results):
        parts = [("arm", each["label"], each) for each in record["bias_by_arm"]]
        parts += [("own family minus others", gap["against"], gap) for gap in record["self_preference"]]
        rows += [
            {**head, **part, **_limits(part["interval"]), "of": of, "label": label, "family": head["family"]}
            for of, label, part in parts
        ]
    return rows


def _map_rows(results: Record) -> list[Row]:
    return [
        {**head, **point}
        for head, record in _each_dimension(results)
        for point in record["calibration"]["points"]
    ]


INSTRUMENT_TABLES: dict[str, tuple[tuple[str, ...], Callable[[Record], list[Row]]]] = {
    "variant_unsafe.csv": (RATES, _rate_rows),
    "variant_verdicts.csv": (STABILITY, _stability_rows),
    "variant_baseline.csv": (AGAINST_BASELINE, _baseline_rows),
    "judge_agreement.csv": (
        JUDGES,
        lambda results: [_judge_row(head, record) for head, record in _each_dimension(results)],
    ),
    "judge_bias.csv": (BIAS, _bias_rows),
    "judge_calibration.csv": (MAP, _map_rows),
}
