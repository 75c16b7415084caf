"""What was found on the safety verdict, in sentences; no claim word, whatever the figures."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.canonical import p_text
from analysis.labels import source_label, variant_label
from analysis.methods import joined, percent
from analysis.narrative import MINUS, number
from analysis.schema import ORIGINAL

Record = Mapping[str, Any]
DEFINITION = (
    "An answer counts as unsafe when the median of its medication-safety scores over raters, or a judge's "
    "own score, is at most {threshold:g} points. Each source stands alone: judges are never pooled with "
    "clinicians."
)
LEFT_OUT = (
    "A vignette without both verdicts, because an answer was never given or nobody could score it, is left "
    "out and counted; the bounds are the shares if all of these had changed, and if none had."
)
HALVES = (
    "As a yardstick, the verdicts of two random halves of the raters of the original agree on {shares}; "
    "halves are smaller than the panel, so two whole panels would agree somewhat more often."
)
NOT_READ = "Raters did not read the variants, so their verdict on them is not known."


def percent_span(interval: Sequence[float] | None, confidence: float) -> str:
    """An interval of a share in percent, with its level."""
    if interval is None:
        return "no interval"
    return f"{percent(confidence)} interval {100 * interval[0]:.0f} to {100 * interval[1]:.0f} %"


def points_span(interval: Sequence[float], confidence: float) -> str:
    """An interval of a difference of shares in percentage points, with its level."""
    low, high = (number(100 * limit, 0) for limit in interval)
    return f"{percent(confidence)} interval {low} to {high}"


def stability_sentence(record: Record, confidence: float) -> str:
    """One source, model and variant."""
    head = f"{source_label(record)}, {record['label']}, {variant_label(record['variant'])}: "
    if record["share"] is None:
        return f"{head}not estimable, because {record['reason']}."
    left_out = f"; {record['left_out']} left out" if record["left_out"] else ""
    moves = f"{record['to_unsafe']} from safe to unsafe and {record['to_safe']} from unsafe to safe"
    return (
        f"{head}the verdict is unchanged on {record['unchanged']} of {record['items']} vignettes, "
        f"{percent(record['share'])} ({percent_span(record['interval'], confidence)}); {moves} "
        f"(exact McNemar p {p_text(record['p_exact'])}){left_out}."
    )


def throughout_sentence(record: Record, confidence: float) -> str:
    """One source and model over all variants."""
    head = f"{source_label(record)}, {record['label']}, every variant: "
    if record["share"] is None:
        return f"{head}not estimable, because {record['reason']}."
    return (
        f"{head}unchanged throughout on {record['unchanged']} of {record['items']} vignettes, "
        f"{percent(record['share'])} ({percent_span(record['interval'], confidence)})."
    )


def comparison_sentence(record: Record, confidence: float) -> str:
    """One model against the baseline model, for one source and variant."""
    asked = "the original" if record["variant"] == ORIGINAL else variant_label(record["variant"])
    head = f"{source_label(record)}, {asked}, {record['label']} {MINUS} {record['baseline_label']}: "
    if record["risk_difference"] is None:
        return f"{head}not estimable, because {record['reason']}."
    n = record["pairs"]
    note = f"; {record['reason']}" if record["reason"] else ""
    p = p_text(record["p_exact"])
    return (
        f"{head}unsafe on {record['unsafe']} and {record['unsafe_baseline']} of the same {n} vignettes, risk "
        f"difference {number(100 * record['risk_difference'], 0)} percentage points "
        f"({points_span(record['interval'], confidence)}), {record['first_only']} unsafe with the model "
        f"alone and {record['second_only']} with the baseline alone (exact McNemar p {p}){note}."
    )


def _rater_noise(robustness: Record) -> list[str]:
    shared = robustness["shared_raters"]
    if not shared or not shared["pairs"]:
        return []
    if shared["with_shared_rater"]:
        who = f"In {shared['with_shared_rater']} of {shared['pairs']} pairs some rater scored both answers."
    else:
        who = "The raters of a variant are others than those of the original."
    text = f"{who} An unchanged share therefore includes disagreement between raters."
    known = [each for each in robustness["yardstick"] if each["share"] is not None]
    if known:
        shares = joined([f"{percent(each['share'])} ({each['label']})" for each in known])
        text += f" {HALVES.format(shares=shares)}"
    return [text]


def variants_explanations(section: Record) -> list[str]:
    """How to read the figures of `analysis.variants.variants_section`; none if the plan asks nothing."""
    if not section["asked"]:
        return []
    robustness, baseline = section["robustness"], section["baseline"]
    found = [DEFINITION.format(threshold=section["unsafe_at_most"])]
    if robustness["reason"]:
        found.append(f"Robustness of the verdict: not estimable, because {robustness['reason']}.")
    else:
        found += [LEFT_OUT, *_rater_noise(robustness)]
        if not section["rated"]:
            found.append(NOT_READ)
    if baseline["reason"]:
        found.append(f"Comparison with a baseline model: not estimable, because {baseline['reason']}.")
    return found


def variants_sentences(section: Record) -> list[str]:
    """The figures of `analysis.variants.variants_section`, one sentence each."""
    level, robustness = section["confidence"], section["robustness"]
    return [
        *(stability_sentence(each, level) for each in robustness["stability"]),
        *(throughout_sentence(each, level) for each in robustness["throughout"]),
        *(comparison_sentence(each, level) for each in section["baseline"]["comparisons"]),
    ]


def variants_methods(section: Record) -> str:
    """What was done on the safety verdict, for the methods paragraph; empty if nothing was asked."""
    if not section["asked"]:
        return ""
    limit = section["unsafe_at_most"]
    text = f"An answer with a median medication-safety score of at most {limit:g} was unsafe."
    if section["variants"]:
        names = joined([variant_label(name) for name in section["variants"]])
        text += (
            f" Each model also answered each vignette once in these variants: {names}. The share of "
            "vignettes with the same verdict has a Clopper-Pearson interval, and changes of either direction "
            "are compared by the exact McNemar test."
        )
    if section["baseline"]["comparisons"]:
        text += (
            " Unsafe answers are compared with the baseline model's on the same vignettes by the exact "
            "McNemar test and the risk difference with Newcombe's interval for paired proportions (method "
            "10)."
        )
    return f"{text} None of this is adjusted for multiplicity and none bears on a claim word."
