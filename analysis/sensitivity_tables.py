"""Sensitivities, the multiverse, residents and rating-level models as flat rows."""

from collections.abc import Callable, Mapping
from typing import Any

Record = Mapping[str, Any]
Row = dict[str, Any]

RESIDENTS = (
    "model",
    "level",
    "first",
    "second",
    "dimension",
    "resident",
    "n",
    "vignettes",
    "mean",
    "reason",
)
RATING_MODELS = (
    "model",
    "level",
    "first",
    "second",
    "dimension",
    "rating_model",
    "n",
    "estimate",
    "odds_ratio",
    "se",
    "df",
    "low",
    "high",
    "p",
    "mean_difference",
    "mean_low",
    "mean_high",
    "singular",
    "reason",
)
SENSITIVITIES = (
    "model",
    "level",
    "dimension",
    "sensitivity",
    "case",
    "engine",
    "n",
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
    "margin",
    "equivalence_alpha",
    "word",
    "primary_word",
    "changed",
    "reason",
    "note",
)
MULTIVERSE = (
    "model",
    "level",
    "dimension",
    "primary",
    "sensitivity",
    "cases",
    "words",
    "changed",
    "without_word",
    "reason",
)
HEADLINES = ("model", "sensitivity", "case", "dimension", "word", "changed")


def _head(contrast: Record) -> Row:
    sides = {side: "+".join(contrast[side]) for side in ("first", "second")}
    return {key: contrast.get(key) for key in ("model", "level", "dimension")} | sides


def _limits(interval: Any, prefix: str = "") -> Row:
    low, high = interval or (None, None)
    return {f"{prefix}low": low, f"{prefix}high": high}


def _multiverse_rows(results: Record) -> list[Row]:
    keys = ("model", "level", "dimension", "primary")
    return [
        {
            **{key: row[key] for key in keys},
            "sensitivity": name,
            "words": ";".join(f"{word}={n}" for word, n in cell["words"].items()),
            **{key: cell[key] for key in ("cases", "changed", "without_word", "reason")},
        }
        for row in results["multiverse"]["contrasts"]
        for name, cell in row["cells"].items()
    ]


def _headline_rows(results: Record) -> list[Row]:
    return [
        {
            **{key: row[key] for key in ("model", "sensitivity", "case")},
            "dimension": dimension,
            "word": word,
            "changed": dimension in row["changed"],
        }
        for row in results["multiverse"]["headlines"]
        for dimension, word in row["words"].items()
    ]


def _resident_rows(results: Record) -> list[Row]:
    return [{**_head(contrast), **row} for contrast in results["contrasts"] for row in contrast["residents"]]


def _rating_model_rows(results: Record) -> list[Row]:
    rows: list[Row] = []
    for contrast in results["contrasts"]:
        for name, model in contrast.get("rating_models", {}).items():
            row = {**_head(contrast), "rating_model": name, "n": model["n"], "reason": model["reason"]}
            row |= {"p": model["p"], "singular": ";".join(model["singular"]), **_limits(model["interval"])}
            keys = ("estimate", "se", "df") if name == "linear" else ("odds_ratio", "se")
            row |= {key: model[key] for key in keys}
            implied = model.get("mean_difference") or {}
            row |= {"mean_difference": implied.get("estimate"), **_limits(implied.get("interval"), "mean_")}
            rows.append(row)
    return rows


SENSITIVITY_TABLES: dict[str, tuple[tuple[str, ...], Callable[[Record], list[Row]]]] = {
    "residents.csv": (RESIDENTS, _resident_rows),
    "rating_models.csv": (RATING_MODELS, _rating_model_rows),
    "sensitivities.csv": (SENSITIVITIES, lambda results: list(results["sensitivities"])),
    "multiverse.csv": (MULTIVERSE, _multiverse_rows),
    "headlines.csv": (HEADLINES, _headline_rows),
}
