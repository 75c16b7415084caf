"""Rows of the tables on style, from the results document."""

from collections.abc import Callable, Mapping
from typing import Any

Record = Mapping[str, Any]
Row = dict[str, Any]

STYLE = ("arm", "label", "metric", "text", "n", "mean", "sd")
DIFFERENCES = ("model", "label", "metric", "written", "sealed", "apart")
ATTACKS = (
    "model",
    "label",
    "machine",
    "text",
    "models",
    "residents",
    "vignettes",
    "pairs",
    "told",
    "auc",
    "auc_low",
    "auc_high",
    "right_models",
    "right_residents",
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "reason",
)


def _style_rows(results: Record) -> list[Row]:
    return [
        {"arm": arm["arm"], "label": arm["label"], "metric": each["metric"], "text": text, **each[text]}
        for arm in results["style"]["arms"]
        for each in arm["figures"]
        for text in ("written", "sealed")
    ]


def _difference_rows(results: Record) -> list[Row]:
    return [
        {"model": contrast["model"], "label": contrast["label"], **each, "apart": ";".join(each["apart"])}
        for contrast in results["style"]["contrasts"]
        for each in contrast["differences"]
    ]


def _attack_rows(results: Record) -> list[Row]:
    rows = []
    for contrast in results["style"]["contrasts"]:
        for each in contrast["attacks"]:
            row = {**each, "model": contrast["model"], "label": contrast["label"]}
            row["models"], row["residents"] = each["responses"]
            row["right_models"], row["right_residents"] = each["right"]
            for name in ("auc", "accuracy"):
                row[f"{name}_low"], row[f"{name}_high"] = each[f"{name}_interval"] or (None, None)
            rows.append(row)
    return rows


STYLE_TABLES: dict[str, tuple[tuple[str, ...], Callable[[Record], list[Row]]]] = {
    "style.csv": (STYLE, _style_rows),
    "style_differences.csv": (DIFFERENCES, _difference_rows),
    "style_attacks.csv": (ATTACKS, _attack_rows),
}
