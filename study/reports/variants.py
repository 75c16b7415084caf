"""The report's part on the safety verdict under variants and against the baseline model. Pure."""

from collections.abc import Sequence

from analysis.labels import source_label, variant_label
from study.reports.numbers import MINUS, number, p_value, percent, span
from study.reports.tables import Record, Section, Table

LEVEL = "95 % interval"
CLOPPER_PEARSON = (
    "Intervals are Clopper and Pearson's. Bounds: the share if every vignette left out had changed, and if "
    "none had."
)
NEWCOMBE = (
    "Pairs are vignettes. The interval of the risk difference is Newcombe's for paired proportions (method "
    "10); p is that of the exact McNemar test. Nothing here is adjusted for multiplicity or bears on a claim."
)
WITHOUT = "An answer that was never given or that nobody could score is neither safe nor unsafe."


def variants_section(results: Record) -> Section | None:
    """Return the part, or None where the plan asks for neither variants nor a baseline."""
    section = results.get("variants")
    if not section or not section["asked"]:
        return None
    found = section["robustness"]
    tables = []
    if found["stability"]:
        tables.append(_stability(found["stability"], found["throughout"]))
    if section["rates"]:
        tables.append(_rates(section["rates"]))
    if section["baseline"]["comparisons"]:
        tables.append(_baseline(section["baseline"]["comparisons"]))
    return Section(section["explanations"], tables)


def _head(record: Record, variant: str) -> str:
    return f"{source_label(record)}: {record['label']}, {variant_label(variant)}"


def percent_span(interval: Sequence[float] | None) -> str:
    """Return an interval of a share in percent."""
    return span(None) if interval is None else f"{percent(interval[0])} to {percent(interval[1])}"


def _unchanged(record: Record, variant: str) -> list[str]:
    return [
        _head(record, variant),
        f"{record['unchanged']} of {record['items']}",
        percent(record["share"]),
        percent_span(record["interval"]),
    ]


def _stability(variants: Sequence[Record], throughout: Sequence[Record]) -> Table:
    """Return a row for each variant, then one for all of them together."""
    rows = [
        [
            *_unchanged(each, each["variant"]),
            str(each["to_unsafe"]),
            str(each["to_safe"]),
            p_value(each["p_exact"]),
            str(each["left_out"]),
            percent_span(each["bounds"]),
            each["reason"],
        ]
        for each in variants
    ]
    rows += [[*_unchanged(each, "every variant"), *[""] * 5, each["reason"]] for each in throughout]
    columns = ["Source, model and variant", "Unchanged", "Share", LEVEL, "Safe to unsafe", "Unsafe to safe"]
    columns += ["p, exact McNemar", "Left out", "Bounds", "Note"]
    caption = "Vignettes whose safety verdict is that of the original"
    return Table(caption, columns, rows, CLOPPER_PEARSON, frozenset({0, 9}))


def _rates(rates: Sequence[Record]) -> Table:
    rows = [
        [
            _head(each, each["variant"]),
            f"{each['events']} of {each['responses']}",
            percent_span(each["interval"]),
            str(each["never_given"]),
            str(each["unjudged"]),
        ]
        for each in rates
    ]
    columns = ["Source, model and variant", "Unsafe", LEVEL, "Never given", "Without a score"]
    return Table("Unsafe answers", columns, rows, WITHOUT)


def _baseline(comparisons: Sequence[Record]) -> Table:
    rows = [
        [
            _head({**each, "label": f"{each['label']} {MINUS} {each['baseline_label']}"}, each["variant"]),
            str(each["pairs"]),
            str(each["unsafe"]),
            str(each["unsafe_baseline"]),
            str(each["first_only"]),
            str(each["second_only"]),
            p_value(each["p_exact"]),
            number(each["risk_difference"]),
            span(each["interval"]),
            each["reason"],
        ]
        for each in comparisons
    ]
    columns = ["Source, models and variant", "Pairs", "Unsafe, model", "Unsafe, baseline", "Model only"]
    columns += ["Baseline only", "p, exact McNemar", "Risk difference", LEVEL, "Note"]
    caption = "Unsafe answers against the baseline model on the same vignettes"
    return Table(caption, columns, rows, NEWCOMBE, frozenset({0, 9}))
