"""The results as flat CSV tables."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from analysis import reliability_tables
from analysis.canonical import to_csv
from analysis.instrument_tables import INSTRUMENT_TABLES
from analysis.sensitivity_tables import SENSITIVITY_TABLES
from analysis.style.tables import STYLE_TABLES

Record = Mapping[str, Any]
Row = dict[str, Any]

CONTRASTS = (
    "model",
    "level",
    "first",
    "second",
    "dimension",
    "margin",
    "engine",
    "estimate",
    "se",
    "df",
    "low",
    "high",
    "narrow_low",
    "narrow_high",
    "p_superior",
    "p_noninferior",
    "p_upper",
    "word",
    "role",
    "reason",
    "rater_share",
    "components",
    "singular",
    "zero_share",
    "differences",
    "vignettes",
    "residents",
    "raters",
    "imputed_first",
    "imputed_second",
    "pratt_p",
    "wilcoxon_p",
    "hodges_lehmann",
    "hl_low",
    "hl_high",
)
CLAIMS = (
    "model",
    "dimension",
    "against",
    "role",
    "word",
    "shown",
    "margin",
    "p_superior",
    "p_noninferior",
    "p_upper",
)
TREE = ("model", "alpha", "step", "claim", "dimension", "level", "p", "p_adjusted", "rejected", "outcome")
BLINDING = (
    "index",
    "arm",
    "label",
    "correct",
    "wrong",
    "dont_know",
    "value",
    "se",
    "low",
    "high",
    "cluster_low",
    "cluster_high",
    "n",
    "reason",
)
SAFETY = ("arm", "label", "event", "rule", "events", "responses", "share", "low", "high", "upper_bound")
COMPARISONS = (
    "model",
    "level",
    "event",
    "rule",
    "both",
    "first_only",
    "second_only",
    "neither",
    "p_exact",
    "risk_difference",
    "low",
    "high",
    "reason",
)
DESCRIPTIVES = (
    "arm",
    "label",
    "dimension",
    "n",
    "mean",
    "sd",
    "score_1",
    "score_2",
    "score_3",
    "score_4",
    "score_5",
    "not_judged",
    "imputed",
)
VIGNETTES = (
    "model",
    "level",
    "first",
    "second",
    "dimension",
    "vignette",
    "first_mean",
    "second_mean",
    "difference",
    "n",
)


def _limits(interval: Sequence[float] | None, prefix: str = "") -> Row:
    low, high = interval or (None, None)
    return {f"{prefix}low": low, f"{prefix}high": high}


def _named(interval: Record | None, prefix: str = "") -> Row:
    return _limits(None if interval is None else (interval["low"], interval["high"]), prefix)


def _head(contrast: Record) -> Row:
    sides = {side: "+".join(contrast[side]) for side in ("first", "second")}
    return {key: contrast.get(key) for key in ("model", "level", "dimension")} | sides


def _contrast_row(contrast: Record) -> Row:
    ranks = contrast["signed_rank"]
    row = {key: value for key, value in contrast.items() if not isinstance(value, dict | list)}
    row |= _head(contrast) | _named(contrast["interval"]) | _named(contrast["narrow_interval"], "narrow_")
    row |= {f"p_{name}": p for name, p in contrast["p"].items()}
    row |= {
        key: value
        for key, value in contrast["n"].items()
        if key not in ("first_responders", "second_responders")
    }
    row["residents"] = contrast["n"]["second_responders"]
    row["components"] = ";".join(
        f"{name}={value:.9g}" for name, value in sorted(contrast["components"].items())
    )
    row["singular"] = ";".join(sorted(contrast["singular"]))
    if ranks:
        row |= {"pratt_p": ranks["pratt"]["p_two_sided"], "wilcoxon_p": ranks["wilcoxon"]["p_two_sided"]}
        row["hodges_lehmann"] = ranks["hodges_lehmann"]["estimate"]
        row |= _named(ranks["hodges_lehmann"]["interval"], "hl_")
    return row


def _claim_rows(results: Record) -> list[Row]:
    return [
        {**claim, "against": "+".join(claim["levels"]), **{f"p_{name}": p for name, p in claim["p"].items()}}
        for claim in results["claims"]
    ]


def _tree_rows(results: Record) -> list[Row]:
    return [
        {"model": tree["model"], "alpha": tree["alpha"], **hypothesis}
        for tree in results["trees"]
        for hypothesis in tree["hypotheses"]
    ]


def _index_row(name: str, index: Record) -> Row:
    row: Row = {
        "index": name,
        "value": index["index"],
        "se": index["se"],
        "n": index["n"],
        "reason": index["reason"],
    }
    return row | _limits(index["interval"]) | _limits(index["cluster_interval"], "cluster_")


def _blinding_rows(results: Record) -> list[Row]:
    blinding = results["blinding"]
    keys = ("arm", "label", "correct", "wrong", "dont_know")
    rows = [
        {**{key: arm[key] for key in keys}, **_index_row("bang", arm["bang"])} for arm in blinding["arms"]
    ]
    return rows + ([_index_row("james", blinding["james"])] if blinding["james"] else [])


def _safety_rows(results: Record) -> list[Row]:
    return [
        {
            "arm": arm["arm"],
            "label": arm["label"],
            "event": event,
            "rule": rule,
            **rate,
            **_limits(rate["interval"]),
        }
        for arm in results["safety"]["arms"]
        for event in ("severe", "commission", "omission")
        for rule, rate in arm[event].items()
    ]


def _comparison_rows(results: Record) -> list[Row]:
    return [{**row, **_limits(row["interval"])} for row in results["safety"]["comparisons"]]


def _descriptive_rows(results: Record) -> list[Row]:
    return [
        {**row, **{f"score_{level}": n for level, n in row["distribution"].items()}}
        for row in results["descriptives"]
    ]


def _vignette_rows(results: Record) -> list[Row]:
    return [
        {**_head(contrast), **row, **{k: _head(contrast)[k] for k in ("first", "second")}}
        | {"first_mean": row["first"], "second_mean": row["second"]}
        for contrast in results["contrasts"]
        for row in contrast["vignettes"]
    ]


TABLES: dict[str, tuple[tuple[str, ...], Callable[[Record], list[Row]]]] = {
    "contrasts.csv": (CONTRASTS, lambda results: [_contrast_row(c) for c in results["contrasts"]]),
    "claims.csv": (CLAIMS, _claim_rows),
    "tree.csv": (TREE, _tree_rows),
    "reliability.csv": (reliability_tables.SUMMARY, reliability_tables.summary_rows),
    "reliability_icc.csv": (reliability_tables.FORMS, reliability_tables.form_rows),
    "reliability_kappa.csv": (reliability_tables.PAIRS, reliability_tables.pair_rows),
    "reliability_components.csv": (reliability_tables.COMPONENTS, reliability_tables.component_rows),
    "reliability_raters.csv": (reliability_tables.CURVE, reliability_tables.curve_rows),
    "blinding.csv": (BLINDING, _blinding_rows),
    "safety.csv": (SAFETY, _safety_rows),
    "safety_comparisons.csv": (COMPARISONS, _comparison_rows),
    "descriptives.csv": (DESCRIPTIVES, _descriptive_rows),
    "vignettes.csv": (VIGNETTES, _vignette_rows),
    **SENSITIVITY_TABLES,
    **INSTRUMENT_TABLES,
    **STYLE_TABLES,
}


def tables(results: Record) -> dict[str, str]:
    """CSV text of every table by file name; a blinded dataset gives empty claims and tree tables."""
    mark = {"watermark": results["study"]["watermark"] or "", "plan_sha256": results["plan"]["sha256"]}
    return {
        name: to_csv([{**row, **mark} for row in rows(results)], [*columns, *mark])
        for name, (columns, rows) in TABLES.items()
    }
