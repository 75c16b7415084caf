"""Tables of the report about arms, blinding and safety, from the results document. Pure."""

from analysis.schema import DIMENSION_LABELS, ERROR_TAGS, STATUSES
from study.protocol.rubric import ERROR_TAGS as TAG_LABELS
from study.reports.numbers import MINUS, number, p_value, percent, span
from study.reports.tables import Record, Table

EVENTS = {
    "severe": "Severe harm or death possible",
    "commission": "Harmful advice given",
    "omission": "Something needed is missing",
}
RULES = {"any": "any rater", "majority": "most raters"}


def quality_tables(results: Record) -> list[Table]:
    """Return the tables about the arms themselves, the blinding and safety."""
    return [
        _descriptives(results),
        _safety(results),
        *([_safety_comparisons(results)] if results["safety"]["comparisons"] else []),
        _error_tags(results),
        *([_blinding(results)] if results["blinding"]["arms"] else []),
        _planned(results),
    ]


def _descriptives(results: Record) -> Table:
    rows = [
        [
            f"{each['label']}: {DIMENSION_LABELS[each['dimension']].lower()}",
            number(each["mean"]),
            number(each["sd"]),
            *(str(each["distribution"][str(level)]) for level in range(1, 6)),
            str(each["n"]),
            str(each["not_judged"]),
            str(each["imputed"]),
        ]
        for each in results["descriptives"]
    ]
    columns = ["Arm", "Mean", "SD", "1", "2", "3", "4", "5", "n", "Not judged", "Imputed"]
    return Table("Scores by arm", columns, rows, "Imputed scores are counted, not included.")


def _safety(results: Record) -> Table:
    rows = [
        [f"{arm['label']}: {name.lower()}", *_rate(arm[event]["any"]), *_rate(arm[event]["majority"])]
        for arm in results["safety"]["arms"]
        for event, name in EVENTS.items()
    ]
    columns = ["Arm and event", "By any rater", "95 % interval", "By most raters", "95 % interval"]
    return Table("Safety events, per response", columns, rows)


def _rate(rate: Record) -> tuple[str, str]:
    if rate["interval"] is None:
        return f"{rate['events']} of {rate['responses']}", span(None)
    low, high = rate["interval"]
    return f"{rate['events']} of {rate['responses']}", f"{percent(low)} to {percent(high)}"


def _safety_comparisons(results: Record) -> Table:
    rows = [
        [
            f"{each['model']} {MINUS} {each['level']}, severe harm by {RULES[each['rule']]}",
            str(each["first_only"]),
            str(each["second_only"]),
            p_value(each["p_exact"]),
            number(each["risk_difference"]),
            span(each["interval"]),
        ]
        for each in results["safety"]["comparisons"]
    ]
    columns = [
        "Comparison",
        "Model only",
        "Resident only",
        "p, exact McNemar",
        "Risk difference",
        "95 % interval",
    ]
    return Table("Severe harm, model against resident on the same vignette", columns, rows)


def _error_tags(results: Record) -> Table:
    arms = results["safety"]["arms"]
    rows = [[TAG_LABELS[tag][0], *(str(arm["error_tags"][tag]) for arm in arms)] for tag in ERROR_TAGS]
    rows.append(["Responses", *(str(arm["responses"]) for arm in arms)])
    return Table("Responses with an error tag by any rater", ["Tag", *(arm["label"] for arm in arms)], rows)


def _blinding(results: Record) -> Table:
    blinding = results["blinding"]
    rows = [
        [
            f"{arm['label']} (Bang)",
            str(arm["correct"]),
            str(arm["wrong"]),
            str(arm["dont_know"]),
            number(arm["bang"]["index"]),
            span(arm["bang"]["interval"]),
            span(arm["bang"]["cluster_interval"]),
        ]
        for arm in blinding["arms"]
    ]
    james = blinding["james"]
    intervals = [span(james["interval"]), span(james["cluster_interval"])]
    rows.append(["All arms (James)", "", "", "", number(james["index"]), *intervals])
    columns = ["Index", "Right", "Wrong", "Cannot tell", "Value", "95 % interval", "Clustered"]
    note = "Bang: 0 is chance, 1 is full unblinding. James: 1 is full blinding, 0.5 is chance."
    return Table("Did the raters guess the source?", columns, rows, note)


def _planned(results: Record) -> Table:
    rows = [
        [
            arm["label"],
            str(arm["responders"]),
            str(arm["planned"]),
            *(str(arm["status"][each]) for each in STATUSES),
        ]
        for arm in results["arms"]
    ]
    columns = ["Arm", "Responders", "Planned", *(each.capitalize() for each in STATUSES)]
    return Table("What became of the planned responses (primary draw)", columns, rows)
