"""The calibration as a page: first which procedures are off and by how much, then every figure."""

from collections.abc import Iterator, Sequence
from typing import Any

from analysis.calibration import words
from analysis.calibration.cells import Cell, cells, rate_text, tree_cells
from analysis.calibration.names import ORDER
from analysis.calibration.scenarios import DEFAULT, SIZES
from analysis.calibration.store import Entries

Record = dict[str, Any]
FACTORS = ("rater × source SD", "resident SD", "scale", "missing", "null")


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows)]


def _factors(cell: Cell) -> tuple[str, ...]:
    s = cell.scenario
    return (f"{s.rater_source:g}", f"{s.resident:g}", s.scale, f"{s.missing:.0%}", f"{s.null:+g}")


def _by_scenario(found: Sequence[Cell]) -> Iterator[tuple[tuple[str, ...], dict[str, Cell]]]:
    rows: dict[str, dict[str, Cell]] = {}
    for cell in found:
        rows.setdefault(cell.scenario.name, {})[cell.procedure] = cell
    for by_procedure in rows.values():
        yield _factors(next(iter(by_procedure.values()))), by_procedure


def _size_table(found: Sequence[Cell], what: str) -> list[str]:
    """One row per scenario, one column per procedure that has this figure."""
    usable = [cell for cell in found if cell.rate(what) is not None]
    procedures = [name for name in ORDER if any(cell.procedure == name for cell in usable)]
    rows = []
    for factors, by_procedure in _by_scenario(usable):
        shown = [by_procedure.get(name) for name in procedures]
        rows.append((*factors, *("–" if cell is None else rate_text(cell.rate(what)) for cell in shown)))
    return _table((*FACTORS, *procedures), rows)


SUMMARY = (
    *("procedure", "mean error", "smallest", "largest", "at the default size", "largest one-sided"),
    *("lowest coverage", "scenarios", "over .06"),
)


def _summary_table(found: Sequence[Cell]) -> list[str]:
    rows = []
    for name in ORDER:
        own = [cell for cell in found if cell.procedure == name]
        if own:
            rows.append(words.summary_row(name, own))
    return _table(SUMMARY, rows)


def _tree_table(entries: Entries) -> list[str]:
    header = ("size", *FACTORS, "any false claim", "superiority family, gates passed")
    rows = []
    for cell in tree_cells(entries):
        ungated = rate_text(cell.rate("superior_ungated")) if cell.scenario.null <= 0 else "–"
        rows.append((cell.scenario.size, *_factors(cell), rate_text(cell.rate("false")), ungated))
    return _table(header, rows)


def page(entries: Entries) -> str:
    """The page as Markdown.

    Parameters
    ----------
    entries : dict
        From `analysis.calibration.store.load`.
    """
    found = cells(entries)
    lines = ["# Calibration", "", words.INTRODUCTION, ""]
    lines += ["## What is off, and by how much", "", *words.verdicts(found, tree_cells(entries)), ""]
    lines += [*_summary_table(found), "", words.SUMMARY_NOTE, ""]
    for size in SIZES:
        own = [cell for cell in found if cell.scenario.size == size]
        if not own:
            continue
        title = words.size_title(size) + (" (the default)" if size == DEFAULT else "")
        lines += [f"## {title}", "", "Two-sided type-I error at the null, nominal .050:", ""]
        lines += [*_size_table(own, "two_sided"), "", "Coverage of the 95 % interval:", ""]
        lines += [*_size_table(own, "covered"), ""]
    lines += ["## The whole tree", "", words.TREE_NOTE, "", *_tree_table(entries), ""]
    return "\n".join(lines)
