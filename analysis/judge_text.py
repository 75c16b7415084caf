"""What was found on the judges, in sentences; no claim word, whatever the figures."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.methods import joined, percent
from analysis.narrative import number

Record = Mapping[str, Any]
SEPARATE = (
    "The judges are language models that scored the same answers on the same rubric: a separate instrument. "
    "No score of theirs enters any other result, none is pooled with a clinician's, and none bears on a "
    "claim."
)
CEILING = (
    "The clinicians' own alpha is the yardstick for a judge's; as the median of several raters is steadier "
    "than one rater, a judge's alpha with it may exceed theirs. Kappa with single raters has the same "
    "footing as kappa among raters."
)


def with_span(
    estimate: float | None, interval: Sequence[float] | None, reason: str, confidence: float
) -> str:
    """An estimate with its interval, or why there is none."""
    if estimate is None:
        return f"not estimable, because {reason}"
    if interval is None:
        return f"{number(estimate)} (no interval{f', because {reason}' if reason else ''})"
    low, high = (number(limit) for limit in interval)
    return f"{number(estimate)} ({percent(confidence)} interval {low} to {high})"


def _figure(record: Record, confidence: float) -> str:
    return with_span(record["estimate"], record["interval"], record["reason"], confidence)


def outcome_text(dimensions: Sequence[Record]) -> str:
    """How many judgements gave a score, and what became of the others."""
    total = sum(each["judgements"] for each in dimensions)
    if not total:
        return "no judgement is in the dataset"
    counts = {name: sum(each["outcomes"][name] for each in dimensions) for name in dimensions[0]["outcomes"]}
    scored = counts.pop("scored")
    lost = [f"{n} {name}" for name, n in counts.items() if n]
    rest = f"; the others: {', '.join(lost)}" if lost else ""
    return f"{scored} of {total} judgements gave a score ({percent(scored / total)}){rest}"


def _head(judge: Record) -> str:
    revision = f", revision {judge['revision']}" if judge["revision"] else ""
    return (
        f"Judge {judge['judge']} (model {judge['model']}{revision}, family {judge['family']}, profile "
        f"{judge['profile']}, through {judge['engine']}): {outcome_text(judge['dimensions'])}."
    )


def _errors(calibration: Record) -> str:
    if calibration["error_after"] is None:
        return f"isotonic calibration not estimable, because {calibration['reason']}"
    return (
        f"mean absolute error {number(calibration['error_before'])} points before and "
        f"{number(calibration['error_after'])} after isotonic calibration, against "
        f"{number(calibration['error_constant'])} for the clinicians' mean alone (each vignette left out in "
        "turn)"
    )


def _own_family(record: Record, confidence: float) -> str:
    parts = [f"{gap['against']} {_figure(gap, confidence)}" for gap in record["self_preference"]]
    return f" Bias on its own family's answers less that on {'; less that on '.join(parts)}." if parts else ""


def _dimension_sentence(record: Record, confidence: float) -> str:
    head = f"{record['dimension_label'].lower()}, "
    if record["reason"]:
        return f"{head}not estimable, because {record['reason']}."
    single = record["kappa_single"]
    return (
        f"{head}{record['compared']} responses scored by the judge and by clinicians. Judge minus "
        f"clinicians' mean: {_figure(record['bias'], confidence)} points. Quadratic weighted kappa with the "
        f"clinicians' median {_figure(record['kappa_median'], confidence)}, with their mean "
        f"{_figure(record['kappa_mean'], confidence)}; with single raters {number(single['judge'])} on "
        f"average, among raters {number(single['clinicians'])}. Ordinal alpha of judge and median "
        f"{_figure(record['alpha'], confidence)}, of the clinicians themselves "
        f"{_figure(record['alpha_clinicians'], confidence)}. Rank correlation "
        f"{_figure(record['rank'], confidence)}; {_errors(record['calibration'])}."
        f"{_own_family(record, confidence)}"
    )


def _family(judge: Record) -> str:
    if not judge["shares_family_with"]:
        return f"Self-preference is not estimable, because {judge['family_reason']}."
    relatives = joined(judge["shares_family_with"])
    return f"It shares its family with {relatives}, so that self-preference cannot be excluded."


def judges_explanations(section: Record) -> list[str]:
    """How the figures of `analysis.judges.judges_section` are to be read; none without a judge."""
    if not section["judges"]:
        return []
    heads = [f"{_head(judge)} {_family(judge)}" for judge in section["judges"]]
    return [SEPARATE, CEILING, *heads]


def judges_sentences(section: Record) -> list[str]:
    """The figures of `analysis.judges.judges_section`, one sentence per judge and dimension."""
    return [
        f"Judge {judge['judge']}: {_dimension_sentence(record, section['confidence'])}"
        for judge in section["judges"]
        for record in judge["dimensions"]
    ]


def judges_methods(section: Record) -> str:
    """What was done on the judges, for the methods paragraph; empty without a judge."""
    n = len(section["judges"])
    if not n:
        return ""
    who = "One language model" if n == 1 else f"{n} language models"
    return (
        f"{who} also scored the sealed answers on the same rubric, as a separate instrument that is never "
        "pooled with clinicians. Agreement is quadratic weighted kappa and ordinal Krippendorff's alpha with "
        f"percentile limits over resampled vignettes ({section['draws']} draws); bias is the mean over "
        "vignettes of judge minus the clinicians' mean with a t interval; calibration is isotonic regression "
        "on the clinicians' mean, its error taken with one vignette left out in turn. All of it speaks of "
        "vignettes like these, read by these raters."
    )
