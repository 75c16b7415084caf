"""What was found on style, in sentences; no claim word, whatever the figures."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.methods import joined, percent
from analysis.narrative import number

Record = Mapping[str, Any]
SHOWN = 3
LARGE = 0.8
METHODS = (
    "Style was measured on every sealed response, as it was written and as it was sealed: length, lists, "
    "typography, readability (Flesch 1948; Kincaid 1975), numerals and hedges (after Hyland 2005). Two "
    "machines were trained to tell models' responses from residents': logistic regressions with a ridge "
    "penalty of 1, one on these figures and one on runs of three characters. Each vignette was left out in "
    "turn; the area under the curve compares responses to the same vignette, and the variance of a bootstrap "
    "over vignettes is widened for cross-validation (Nadeau and Bengio 2003)."
)
READ = (
    "Style can be measured, not hidden: these figures describe the texts, and none bears on a claim word. "
    "Chance is one half. A machine that tells the source of sealed texts shows what a rater may notice, not "
    "that one did; the raters' own guesses and the indices of Bang and James stand beside it."
)


def style_methods(section: Record) -> str:
    """The sentences of the methods paragraph, empty where nothing was measured."""
    return "" if section["reason"] else METHODS


def style_explanations(section: Record) -> list[str]:
    """How to read the part."""
    return [] if section["reason"] else [READ]


def style_sentences(section: Record) -> list[str]:
    """One sentence on the machine of style figures for each contrast, and one on the largest differences."""
    labels = {each["metric"]: each["label"] for each in section["metrics"]}
    level = percent(section["confidence"])
    found = []
    for contrast in section["contrasts"]:
        before, after = (
            next(
                each for each in contrast["attacks"] if (each["machine"], each["text"]) == ("figures", scope)
            )
            for scope in ("written", "sealed")
        )
        found.append(_attack_sentence(contrast["label"], before, after, level))
        if not after["reason"]:
            found.append(_difference_sentence(contrast["label"], contrast["differences"], labels))
    return [each for each in found if each]


def _attack_sentence(label: str, before: Record, after: Record, level: str) -> str:
    if after["reason"]:
        return f"Whether style tells {label} from residents is not estimable: {after['reason']}."
    return (
        f"A machine that saw only style told {label} from residents in {_told(after, level)} as the texts "
        f"were sealed, and in {_told(before, level)} as they were written."
    )


def _told(attack: Record, level: str) -> str:
    limits = attack["auc_interval"]
    span = f", {level} interval {number(limits[0])} to {number(limits[1])}" if limits else ""
    return f"{attack['told']:g} of {attack['pairs']} pairs ({number(attack['auc'])}{span})"


def _difference_sentence(label: str, differences: Sequence[Record], labels: Mapping[str, str]) -> str:
    largest = sorted(filter(_is_large, differences), key=_size, reverse=True)[:SHOWN]
    if not largest:
        return ""
    listed = joined([f"{_lower(labels[each['metric']])} ({_shown(each)})" for each in largest])
    return f"The sealed texts of {label} differ most from residents', in standard deviations, by {listed}."


def _size(difference: Record) -> float:
    return math.inf if "sealed" in difference["apart"] else abs(difference["sealed"] or 0.0)


def _is_large(difference: Record) -> bool:
    return _size(difference) >= LARGE


def _shown(difference: Record) -> str:
    return "always apart" if "sealed" in difference["apart"] else number(difference["sealed"])


def _lower(label: str) -> str:
    return label[0].lower() + label[1:]
