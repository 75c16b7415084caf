"""Tables of the report about agreement between and within raters, from the results document. Pure."""

from study.reports.numbers import number, p_value, percent, span
from study.reports.tables import Record, Table

SCOPE = "Dimension and arm"
LIMITS = "95 % interval"
BEFORE = "Every rater's own scores, before any adjudication; planned duplicates are left out."
BANDS = (
    "ICC below 0.5 is called poor, to 0.75 moderate, to 0.9 good (Koo and Li 2016). Alpha from 0.667 allows "
    "tentative conclusions, from 0.8 firm ones (Krippendorff 2019). AC2 stays stable when scores pile up at "
    "one end of the scale, where kappa and alpha fall."
)
DESIGN = (
    "Shares of the variance of one score. The relative coefficient holds for comparing responses that the "
    "same raters scored, the absolute one for a score itself. A component at 0 is no evidence against it."
)
CHANGE = (
    "Two scores of a rater that differ by more than the detectable change differ beyond measurement error."
)


def reliability_tables(results: Record) -> list[Table]:
    """Return the tables about agreement; where it is refused, the refusal stands once in each row's note."""
    records = results["reliability"]
    return [
        _coefficients(records),
        _kappas(records),
        _pairs(records),
        _forms(records),
        _components(records),
        _curve(records),
        _within(records),
    ]


def reliability_refusals(results: Record) -> list[str]:
    """Return each reason for which agreement was refused, once."""
    return list(dict.fromkeys(each["reason"] for each in results["reliability"] if each["reason"]))


def _label(record: Record) -> str:
    return f"{record['dimension_label']}: {record['label']}"


def _overall(records: list[Record]) -> list[Record]:
    return [each for each in records if not each["arm"]]


def _notes(*reasons: str) -> str:
    return "; ".join(dict.fromkeys(reason for reason in reasons if reason))


def _coefficients(records: list[Record]) -> Table:
    rows = [
        [
            _label(each),
            number(each["icc_single"]),
            span(each["icc_single_interval"]),
            number(each["icc_average"]),
            span(each["icc_average_interval"]),
            number(each["alpha"]["estimate"]),
            span(each["alpha"]["interval"]),
            number(each["ac2"]["estimate"]),
            span(each["ac2"]["interval"]),
            f"{each['icc_responses']} × {each['icc_raters']}",
            _notes(each["icc_reason"], each["alpha"]["reason"], each["ac2"]["reason"]),
        ]
        for each in records
    ]
    columns = [SCOPE, "ICC(2,1)", LIMITS, "ICC(2,k)", LIMITS, "Ordinal alpha", LIMITS, "AC2", LIMITS]
    columns += ["Responses × raters", "Note"]
    return Table("Agreement of the raters", columns, rows, f"{BEFORE} {BANDS}", frozenset({0, 10}))


def _kappas(records: list[Record]) -> Table:
    rows = []
    for each in records:
        kappa, w = each["kappa"], each["kendall_w"]
        lowest = None if kappa["mean"] is None else (kappa["minimum"], kappa["maximum"])
        rows.append(
            [
                _label(each),
                number(kappa["mean"]),
                span(kappa["interval"]),
                span(lowest),
                number(w["estimate"]),
                span(w["interval"]),
                percent(each["exact"]["estimate"]),
                percent(each["within_one"]["estimate"]),
                _notes(kappa["reason"], w["reason"], each["exact"]["reason"]),
            ]
        )
    columns = [SCOPE, "Mean kappa", LIMITS, "Lowest and highest pair", "Kendall's W", LIMITS]
    columns += ["Same score", "Within 1 point", "Note"]
    note = "Kappa with quadratic weights over all pairs of raters; W corrected for ties."
    return Table("Kappa, concordance and equal scores", columns, rows, note, frozenset({0, 8}))


def _pairs(records: list[Record]) -> Table:
    overall = _overall(records)
    raters = sorted({rater for each in overall for rater in each["kappa"]["raters"]})
    rows = []
    for each in overall:
        found = {
            frozenset((pair["first"], pair["second"])): number(pair["estimate"])
            for pair in each["kappa"]["pairs"]
        }
        for rater in each["kappa"]["raters"]:
            cells = [found.get(frozenset((rater, other)), "") for other in raters]
            rows.append([f"{each['dimension_label']}: {rater}", *cells])
    return Table("Kappa of each pair of raters, all arms", ["Dimension and rater", *raters], rows)


def _forms(records: list[Record]) -> Table:
    rows = [
        [
            f"{each['dimension_label']}: {form['form']}",
            number(form["estimate"]),
            span(form["interval"]),
            number(form["statistic"]),
            p_value(form["p"]),
            form["reason"],
        ]
        for each in _overall(records)
        for form in each["icc"]
    ]
    columns = ["Dimension and form", "Estimate", LIMITS, "F", "p", "Note"]
    note = (
        "First figure: 1 one-way, 2 two-way random, 3 two-way mixed; then 1 for one rater, k for all of them."
    )
    return Table("Intraclass correlation, all forms, all arms", columns, rows, note, frozenset({0, 5}))


def _components(records: list[Record]) -> Table:
    studies = [(each, {part["name"]: part for part in each["g_study"]["components"]}) for each in records]
    names = list(dict.fromkeys(name for _, parts in studies for name in parts))
    rows = []
    for each, parts in studies:
        cells = [percent(parts[name]["share"]) if name in parts else "" for name in names]
        zero = [f"{name} estimated below 0" for name in each["g_study"]["set_to_zero"]]
        rows.append([_label(each), *cells, _notes(each["g_study"]["reason"], *zero)])
    columns = [SCOPE, *(name.capitalize() for name in names), "Note"]
    caption = "Where the variance of a score comes from"
    return Table(caption, columns, rows, DESIGN, frozenset({0, len(names) + 1}))


def _curve(records: list[Record]) -> Table:
    counts = sorted({point["raters"] for each in records for point in each["g_study"]["curve"]})
    rows = []
    for each in _overall(records):
        curve = {point["raters"]: point for point in each["g_study"]["curve"]}
        needed = each["g_study"]["raters_needed"].get("0.8")
        for kind in ("relative", "absolute"):
            cells = [number(curve[n][kind]) if n in curve else number(None) for n in counts]
            last = (str(needed) if needed else number(None)) if kind == "absolute" else ""
            rows.append([f"{each['dimension_label']}: {kind}", *cells, last])
    columns = ["Dimension and coefficient", *(str(n) for n in counts), "Raters for 0.8"]
    return Table("Coefficient of the mean over 1 and more raters, all arms", columns, rows)


def _within(records: list[Record]) -> Table:
    rows = []
    for each in records:
        found = each["intra_rater"]
        icc, kappa = found["icc"] or {}, found["kappa"] or {}
        rows.append(
            [
                _label(each),
                f"{found['pairs']} by {found['raters']}",
                number(icc.get("estimate")),
                span(icc.get("interval")),
                number(kappa.get("estimate")),
                number(found["sem"]),
                span(found["sem_interval"]),
                number(found["detectable_change"]),
                percent(found["exact"]),
                _notes(found["reason"], icc.get("reason", ""), kappa.get("reason", "")),
            ]
        )
    columns = [SCOPE, "Pairs by raters", "ICC(2,1)", LIMITS, "Kappa", "Error of measurement", LIMITS]
    columns += ["Detectable change", "Same score", "Note"]
    caption = "Agreement of raters with themselves, planned duplicates"
    return Table(caption, columns, rows, CHANGE, frozenset({0, 9}))
