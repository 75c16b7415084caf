"""Tables of the report about what stands beside the words and what would change them. Pure."""

from collections.abc import Mapping, Sequence

from analysis.schema import DIMENSION_LABELS
from study.reports.numbers import number, span
from study.reports.tables import Record, Table, contrast_label

CONTRAST = "Contrast"
MODELS_NOTE = (
    "Models of single ratings stand beside the primary procedure and never decide. Intervals of the ordinal "
    "model are Wald intervals, anti-conservative with few raters."
)
WORDS_NOTE = (
    "Every row reads the same rule in another way that was named in the plan. A word that changes is no new "
    "claim; it shows on what the word rests."
)
MANY = 6


def robustness_tables(results: Record) -> list[Table]:
    """Return the tables about rating-level models, sensitivities and changes of the claim word."""
    tables = [_rating_models(results["contrasts"])]
    if results["claims"]:
        tables += [_headlines(results["multiverse"]["headlines"]), _changes(results["multiverse"])]
        tables.append(_sensitivities(results))
    return tables


def _rating_models(contrasts: Sequence[Record]) -> Table:
    rows = []
    for each in contrasts:
        models = each.get("rating_models")
        if not models:
            continue
        linear, ordinal = models["linear"], models["ordinal"]
        rows.append(
            [
                f"{each['dimension_label']}: {contrast_label(each)}",
                number(linear["estimate"]),
                span(linear["interval"]),
                number(linear["df"], 1),
                number(ordinal["odds_ratio"]),
                span(ordinal["interval"]),
                number(_part(ordinal["mean_difference"])),
                number(_part(ordinal["high_difference"])),
                "; ".join(dict.fromkeys(filter(None, (linear["reason"], ordinal["reason"])))),
            ]
        )
    columns = [CONTRAST, "Linear model, points", "95 % interval", "df", "Odds ratio", "95 % interval"]
    columns += ["Implied mean difference", "Implied difference in P(score ≥ 4)", "Note"]
    return Table("Models of single ratings", columns, rows, MODELS_NOTE, frozenset({0, 8}))


def _part(value: Mapping[str, float | None] | None) -> float | None:
    return value["estimate"] if value else None


def _headlines(headlines: Sequence[Record]) -> Table:
    """Return every case in which a headline would read otherwise."""
    rows = []
    for each in headlines:
        for dimension in each["changed"]:
            case = f"{_name(each['sensitivity'])}{': ' if each['case'] else ''}{each['case']}"
            rows.append([case, DIMENSION_LABELS[dimension], each["words"][dimension]])
    caption = f"Headlines that would read otherwise, in {len(headlines)} repetitions of the whole tree"
    if not rows:
        rows = [["None", "", ""]]
    return Table(caption, ["Sensitivity", "Dimension", "Word then"], rows, words=frozenset({0, 1, 2}))


def _changes(multiverse: Record) -> Table:
    """Return for each contrast its word, in how many readings it changes, and which."""
    rows = [
        [
            f"{each['dimension_label']}: {contrast_label(each)}",
            each["primary"],
            str(each["cases"]),
            str(each["changed"]),
            "; ".join(
                f"{_name(name)}: {_words(cell)}" for name, cell in each["cells"].items() if cell["changed"]
            ),
        ]
        for each in multiverse["contrasts"]
    ]
    columns = [CONTRAST, "Word", "Readings", "Changed", "Where, and to what"]
    return Table("Single contrasts: where the word changes", columns, rows, WORDS_NOTE, frozenset({0, 1, 4}))


def _words(cell: Record) -> str:
    counts = ", ".join(f"{times} × {word}" for word, times in sorted(cell["words"].items()))
    cases = cell["changed_cases"]
    if len(cases) > MANY or not any(cases):
        return counts
    return f"{counts} ({', '.join(cases)})"


def _sensitivities(results: Record) -> Table:
    counts = {each["sensitivity"]: each for each in results["multiverse"]["counts"]}
    rows = []
    for each in results["sensitivity_list"]:
        count = counts.get(each["sensitivity"], {"cases": 0, "changed": 0})
        rows.append(
            [
                _name(each["sensitivity"]),
                each["explanation"],
                str(count["cases"]),
                str(count["changed"]),
                each["reason"] or each["partly"],
            ]
        )
    columns = ["Sensitivity", "What it does", "Readings", "Words changed", "Note"]
    return Table("The sensitivities of the plan", columns, rows, words=frozenset({0, 1, 4}))


def _name(code: str) -> str:
    return code.replace("_", " ").capitalize()
