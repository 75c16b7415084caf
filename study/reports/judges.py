"""The report's part on LLM judges, which stand apart from the clinicians. Pure."""

from collections.abc import Iterator, Sequence

from analysis.schema import DIMENSION_LABELS, OUTCOMES
from study.reports.numbers import number, percent, span
from study.reports.tables import Record, Section, Table

LEVEL = "95 % interval"
AGREEMENT = (
    "Kappa is quadratically weighted, alpha is Krippendorff's with the ordinal metric; intervals come from "
    "resampled vignettes. Single: the mean kappa of the judge with one rater at a time."
)
BIAS = "Judge minus the clinicians' mean; the interval is a t interval over the means of the vignettes."
CALIBRATION = (
    "What a judge's score stands for on the clinicians' scale, by isotonic regression on their mean. The "
    "error after calibration, and that of the clinicians' mean alone, is taken with one vignette left out in "
    "turn."
)
OWN_FAMILY = (
    "Bias on the answers of models of the judge's own family minus the bias on the others, on the same "
    "vignettes: above 0 the judge is kinder to its family than the clinicians are."
)


def judges_section(results: Record) -> Section | None:
    """Return the part, or None where no judge read the answers."""
    section = results.get("judges")
    if not section or not section["judges"]:
        return None
    judges = section["judges"]
    tables = [_judges(judges), _agreement(judges), _bias(judges), _calibration(judges)]
    if any(judge["shares_family_with"] for judge in judges):
        tables.append(_own_family(judges))
    return Section(section["explanations"], tables)


def _each(judges: Sequence[Record]) -> Iterator[tuple[str, Record]]:
    for judge in judges:
        for record in judge["dimensions"]:
            yield f"{judge['judge']}: {DIMENSION_LABELS[record['dimension']].lower()}", record


def _judges(judges: Sequence[Record]) -> Table:
    rows = []
    for judge in judges:
        found = judge["dimensions"]
        counts = [sum(each["outcomes"][outcome] for each in found) for outcome in OUTCOMES]
        total = sum(each["judgements"] for each in found)
        lost = percent((total - counts[0]) / total) if total else percent(None)
        told = [judge[key] for key in ("judge", "model", "family", "profile", "engine", "revision")]
        rows.append([*told, str(total), *map(str, counts), lost])
    columns = ["Judge", "Model", "Family", "Profile", "Connector", "Revision", "Judgements"]
    columns += [*(outcome.capitalize() for outcome in OUTCOMES), "Not scored"]
    return Table("The judges and what became of their judgements", columns, rows, words=frozenset(range(6)))


def _agreement(judges: Sequence[Record]) -> Table:
    rows = []
    for label, record in _each(judges):
        figures = [
            record[name] for name in ("kappa_median", "kappa_mean", "alpha", "alpha_clinicians", "rank")
        ]
        cells = [
            cell for figure in figures for cell in (number(figure["estimate"]), span(figure["interval"]))
        ]
        single = record["kappa_single"]
        notes = dict.fromkeys(filter(None, (figure["reason"] for figure in figures)))
        rows.append(
            [
                label,
                str(record["compared"]),
                *cells[:4],
                number(single["judge"]),
                number(single["clinicians"]),
                *cells[4:],
                "; ".join(notes),
            ]
        )
    columns = ["Judge and dimension", "Responses", "Kappa, clinicians' median", LEVEL]
    columns += ["Kappa, their mean", LEVEL, "Kappa, single", "Kappa, among raters", "Alpha, median", LEVEL]
    columns += ["Alpha, clinicians alone", LEVEL, "Rank correlation", LEVEL, "Note"]
    return Table("Agreement of each judge with the clinicians", columns, rows, AGREEMENT, frozenset({0, 14}))


def _bias(judges: Sequence[Record]) -> Table:
    rows = []
    for label, record in _each(judges):
        scopes = [("all arms", record["bias"])]
        scopes += [(each["label"], each) for each in record["bias_by_arm"]]
        rows += [
            [
                f"{label}, {scope}",
                str(each["values"]),
                str(each["clusters"]),
                number(each["estimate"]),
                span(each["interval"]),
                each["reason"],
            ]
            for scope, each in scopes
        ]
    columns = ["Judge, dimension and arm", "Responses", "Vignettes", "Bias, points", LEVEL, "Note"]
    return Table("Bias of each judge", columns, rows, BIAS, frozenset({0, 5}))


def _calibration(judges: Sequence[Record]) -> Table:
    rows = []
    for label, record in _each(judges):
        found = record["calibration"]
        values = [f"{number(point['value'])} ({point['responses']})" for point in found["points"]]
        errors = [number(found[key]) for key in ("error_before", "error_after", "error_constant")]
        rows.append([label, *(values or [number(None)] * 5), *errors, found["reason"]])
    columns = ["Judge and dimension", *(f"Score {level} (n)" for level in range(1, 6))]
    columns += ["Error before", "Error after", "Error of the mean", "Note"]
    caption = "Isotonic calibration on the clinicians' mean, points"
    return Table(caption, columns, rows, CALIBRATION, frozenset({0, 9}))


def _own_family(judges: Sequence[Record]) -> Table:
    rows = [
        [
            f"{label}, against {gap['against']}",
            str(gap["clusters"]),
            number(gap["estimate"]),
            span(gap["interval"]),
            gap["reason"],
        ]
        for label, record in _each(judges)
        for gap in record["self_preference"]
    ]
    columns = ["Judge and dimension", "Vignettes", "Difference, points", LEVEL, "Note"]
    return Table("Self-preference: the judge's own family", columns, rows, OWN_FAMILY, frozenset({0, 4}))
