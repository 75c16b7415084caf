"""Tables of the report about differences between arms, from the results document. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis.schema import DIMENSION_LABELS
from study.reports.numbers import MINUS, joined, number, p_value, percent, span

Record = Mapping[str, Any]
SINGULAR = "Singular: estimated at 0, which is not evidence that there is no such variation."
NOT_ADJUSTED = "Single contrasts are secondary and not adjusted; the claims come from the testing tree."


@dataclass(frozen=True)
class Table:
    """A table as text: a caption, a note below it, column heads, and rows whose first cell is a head."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    words: frozenset[int] = field(default=frozenset({0}))

    @property
    def heads(self) -> list[tuple[str, bool]]:
        """Column heads, each with whether its cells are numbers."""
        return [(name, place not in self.words) for place, name in enumerate(self.columns)]

    @property
    def body(self) -> list[tuple[str, list[tuple[str, bool]]]]:
        """Rows as their head and the other cells, each with whether it is a number."""
        return [
            (row[0], [(cell, place not in self.words) for place, cell in enumerate(row[1:], start=1)])
            for row in self.rows
        ]


@dataclass(frozen=True)
class Section:
    """A part of the report: sentences that say how to read it, and its tables."""

    lines: Sequence[str]
    tables: Sequence[Table]


def effect_tables(results: Record) -> list[Table]:
    """Return the tables about differences between arms."""
    tables = [_differences(results), _rests_on(results), _beside(results)]
    if results["tree"]:
        tables.insert(1, _tree(results))
    return tables


def contrast_label(contrast: Record) -> str:
    if contrast.get("level"):
        return f"{contrast['model_label']} {MINUS} {contrast['level']}"
    return f"arm {joined(contrast['first'])} {MINUS} arm {joined(contrast['second'])}"


def _labelled(contrasts: Iterable[Record]) -> list[tuple[str, Record]]:
    return [(f"{each['dimension_label']}: {contrast_label(each)}", each) for each in contrasts]


def _differences(results: Record) -> Table:
    rows = [
        [
            label,
            number(each["estimate"]),
            span(each["interval"]),
            span(each["narrow_interval"]),
            each["p_text"]["noninferior"] if results["claims"] else p_value(each["p"]["superior"]),
            each.get("word") or each["reason"] or "",
        ]
        for label, each in _labelled(results["contrasts"])
    ]
    named = bool(results["claims"])
    return Table(
        "Mean differences, points of the 1-5 scale",
        [
            "Contrast",
            "Mean",
            "95 % interval",
            "90 % interval",
            "p, non-inferior" if named else "p, one-sided",
            "Word",
        ],
        rows,
        NOT_ADJUSTED if named else "",
        words=frozenset({0, 5}),
    )


def _tree(results: Record) -> Table:
    rows = [
        [
            f"{each['step']}: {each['claim']} on {DIMENSION_LABELS[each['dimension']].lower()}",
            each["p_text"],
            each["p_adjusted_text"],
            each["outcome"],
        ]
        for each in results["tree"]["hypotheses"]
    ]
    caption = f"Testing tree for {results['tree']['model']}, one-sided alpha {results['tree']['alpha']:g}"
    return Table(
        caption, ["Hypothesis, in order", "p", "p, adjusted", "Outcome"], rows, words=frozenset({0, 3})
    )


def _rests_on(results: Record) -> Table:
    rows = [
        [
            label,
            each["engine"] or "",
            number(each["se"], 3),
            number(each["df"], 1),
            ", ".join(f"{_source(name)} {value:.3g}" for name, value in sorted(each["components"].items())),
            percent(each["rater_share"]),
            percent(each["zero_share"]),
            ", ".join(sorted(each["singular"])),
            f"{each['n']['differences']}",
        ]
        for label, each in _labelled(results["contrasts"])
    ]
    columns = [
        "Contrast",
        "Procedure",
        "SE",
        "df",
        "Variance",
        "Share of raters",
        "Zero share",
        "Singular",
        "n",
    ]
    return Table("What each interval rests on", columns, rows, SINGULAR, words=frozenset({0, 1, 4, 7}))


def _source(component: str) -> str:
    """Return a variance component's name as a reader knows it: ms_blocks is a mean square."""
    return component.replace("ms_", "MS ").replace("_", " ")


def _beside(results: Record) -> Table:
    rows = []
    for label, each in _labelled(results["contrasts"]):
        ranks, panel = each["signed_rank"], each["panel_only"]
        if ranks is None or panel is None:
            continue
        location = ranks["hodges_lehmann"]
        rows.append(
            [
                label,
                span(panel.get("interval")),
                p_value(ranks["pratt"]["p_two_sided"]),
                number(location["estimate"]),
                span(location["interval"]),
                p_value(ranks["sign_flip"]["p_two_sided"]),
                span(each["bootstrap"]["interval"]),
            ]
        )
    columns = [
        "Contrast",
        "This panel only",
        "Pratt, p",
        "Hodges-Lehmann",
        "its interval",
        "p, sign flip",
        "Bootstrap",
    ]
    return Table("Beside the primary procedure, never deciding", columns, rows)
