"""The report's part on style, beside the raters' guesses: by arm, and what a machine can tell. Pure."""

import math
from collections.abc import Mapping, Sequence

from study.reports.numbers import number, span
from study.reports.tables import Record, Section, Table

TEXTS = {"written": "as written", "sealed": "as sealed"}
MACHINES = {"figures": "style figures", "wording": "runs of characters"}
NOTE_ATTACKS = (
    "Pairs are a model's and a resident's response to the same vignette, which the machine did not see in "
    "training; a tie counts one half, and chance is half of them (area 0.5). Right: single responses told "
    "rightly; accuracy is the mean of both shares, chance 0.5. On Bang's scale that is twice the accuracy "
    "less 1: 0 is chance, 1 is full unblinding."
)
NOTE_DIFFERENCES = (
    "Mean of the model's texts less that of the residents' in pooled standard deviations (Hedges' g), by "
    "size in the sealed texts of the first column's model. 0.8 and more is called large; apart: "
    "neither side varies and they differ."
)
NOTE_FIGURES = (
    "Mean (SD) per response. Marks, numerals and hedges are counted per 100 words; what normalising takes "
    "away is 0 in the sealed texts. Syllables are counted by rule."
)


def style_section(results: Record) -> Section | None:
    """Return the part, or None before unblinding and where the dataset holds no texts."""
    section = results.get("style")
    if not section or section["reason"]:
        return None
    labels = {each["metric"]: each["label"] for each in section["metrics"]}
    contrasts = section["contrasts"]
    tables = [_figures(section["arms"], labels)]
    if contrasts:
        tables = [_attacks(contrasts), _differences(contrasts, labels), *tables]
    return Section([*section["explanations"], *section["sentences"]], tables)


def _attacks(contrasts: Sequence[Record]) -> Table:
    rows = []
    for contrast in contrasts:
        for each in contrast["attacks"]:
            told = number(None) if each["auc"] is None else f"{each['told']:g} of {each['pairs']}"
            accuracy = each["accuracy"]
            rows.append(
                [
                    f"{contrast['label']}, {MACHINES[each['machine']]}, {TEXTS[each['text']]}",
                    told,
                    number(each["auc"]),
                    span(each["auc_interval"]),
                    *_right(each),
                    number(accuracy),
                    span(each["accuracy_interval"]),
                    number(None if accuracy is None else 2 * accuracy - 1),
                    each["reason"],
                ]
            )
    columns = ["Model, machine and texts", "Pairs told", "Area", "95 % interval", "Right, model"]
    columns += ["Right, residents", "Accuracy", "95 % interval", "On Bang's scale", "Note"]
    caption = "Can a machine tell models from residents by style?"
    return Table(caption, columns, rows, NOTE_ATTACKS, frozenset({0, 9}))


def _right(attack: Record) -> list[str]:
    if attack["auc"] is None:
        return [number(None)] * 2
    return [f"{right:g} of {n}" for right, n in zip(attack["right"], attack["responses"], strict=True)]


def _differences(contrasts: Sequence[Record], labels: Mapping[str, str]) -> Table:
    found = [{each["metric"]: each for each in contrast["differences"]} for contrast in contrasts]
    rows = [
        [labels[name], *(_difference(contrast[name], text) for contrast in found for text in TEXTS)]
        for name in sorted(labels, key=lambda name: _size(found[0][name]), reverse=True)
    ]
    heads = [f"{contrast['label']}, {text}" for contrast in contrasts for text in TEXTS.values()]
    return Table("Differences in style, model less residents", ["Figure", *heads], rows, NOTE_DIFFERENCES)


def _difference(record: Record, text: str) -> str:
    return "apart" if text in record["apart"] else number(record[text])


def _size(record: Record) -> float:
    return math.inf if "sealed" in record["apart"] else abs(record["sealed"] or 0.0)


def _figures(arms: Sequence[Record], labels: Mapping[str, str]) -> Table:
    found = [{each["metric"]: each for each in arm["figures"]} for arm in arms]
    rows = [
        [label, *(_mean(arm[name][text]) for arm in found for text in TEXTS)]
        for name, label in labels.items()
    ]
    heads = [f"{arm['label']}, {text} (n = {arm['responses']})" for arm in arms for text in TEXTS.values()]
    return Table("Style by arm", ["Figure", *heads], rows, NOTE_FIGURES)


def _mean(summary: Record) -> str:
    if summary["mean"] is None:
        return number(None)
    return f"{number(summary['mean'])} ({number(summary['sd'])})"
