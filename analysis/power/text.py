"""The planner's results as a terminal table and as CSV."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.decision import EQUIVALENT

Record = Mapping[str, Any]
AXES = {"raters": "raters", "vignettes": "vignettes", "true_difference": "true difference, points"}
SHORT = {
    "non-inferior": "NI",
    "superior": "SUP",
    EQUIVALENT: "EQ",
    "medical_correctness": "correctness",
    "medication_safety": "safety",
    "guideline_consistency": "guideline",
    "clinical_usefulness": "usefulness",
}


def share_text(share: Record | None) -> str:
    """For example ``.364 ± .015``; a dash where it was not simulated."""
    if share is None:
        return "-"
    return f"{share['value']:.3f} ± {share['error']:.3f}"


def grid(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table with the first column left and the others right."""
    table = [list(header), *[list(row) for row in rows]]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    lines = []
    for row in table:
        cells = [cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths))]  # noqa: B905  equal by construction
        lines.append("  ".join(cells).rstrip())
    return [lines[0], "-" * len(lines[0]), *lines[1:]]


def _head(results: Record) -> list[str]:
    d = results["design"]
    people = f"{d['residents_per_level']} residents per level x {d['vignettes_per_resident']} vignettes"
    raters = f"{d['raters']} raters"
    if d["raters_per_response"] != d["raters"]:
        raters += f", {d['raters_per_response']} for each response"
    missing = f", {d['missing']:.0%} of scores missing" if d["missing"] else ""
    return [
        f"{d['vignettes']} vignettes, {people}, {d['models']} models, {raters}{missing}",
        f"engine: {results['engine']}",
        f"{results['simulated']} studies in {results['seconds']:.1f} s: {results['rate']:g} studies a second",
    ]


def _claims(results: Record) -> list[str]:
    header = ("claim of the lead model", "in the tree", "alone", "type-I, all levels", "type-I, one level")
    rows = [
        (
            claim["label"] + ("" if claim["holds"] else " (false here)"),
            *(share_text(claim[key]) for key in ("in_tree", "alone", "type_1", "type_1_one_level")),
        )
        for claim in results["claims"]
    ]
    tree = results["tree"]
    rows.append(("the whole tree rejected", share_text(tree["everything"]), "", "", ""))
    rows.append(("any false claim in this design", share_text(tree["any_false"]), "", "", ""))
    for claim, value in tree["any_false_at_edge"].items():
        rows.append((f"any false claim, all at the edge of {claim}", "", "", share_text(value), ""))
    return grid(header, rows)


def curve_lines(results: Record) -> list[str]:
    """The curve as one table per axis: power of each claim alone."""
    lines: list[str] = []
    for axis in dict.fromkeys(point["axis"] for point in results["curve"]):
        points = [point for point in results["curve"] if point["axis"] == axis]
        names = [f"{SHORT[c['claim']]} {SHORT[c['dimension']]}" for c in points[0]["claims"]]
        rows = [(f"{p['value']:g}", *(f"{c['value']:.2f}" for c in p["claims"])) for p in points]
        lines += ["", *grid((AXES[axis], *names), rows)]
    return lines


def terminal(results: Record) -> str:
    """Everything that a reader at the terminal needs, with the notes last."""
    lines = [*_head(results), "", *_claims(results)]
    lines += [
        "± is the Monte-Carlo standard error; type-I error is taken with every true difference at the edge"
    ]
    lines += ["of the claim; against one level alone it bounds the error against all."]
    if results["curve"]:
        lines += ["", "Power of each claim alone, against every level, the rest of the design as it is"]
        lines += ["(NI non-inferior, EQ equivalent, SUP superior):"]
        lines += curve_lines(results)
    lines += [""] if results["advice"] or results["faults"] else []
    lines += list(results["advice"])
    lines += [f"no claim word could be printed: {fault}" for fault in results["faults"]]
    return "\n".join(lines) + "\n"


def _csv(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return stream.getvalue()


SHARES = ("in_tree", "alone", "type_1", "type_1_one_level")


def claims_csv(results: Record) -> str:
    """One row per claim."""
    header = ["claim", "dimension", "holds", *(f"{name}{end}" for name in SHARES for end in ("", "_error"))]
    rows = []
    for claim in results["claims"]:
        shares = [claim[name] or {"value": "", "error": ""} for name in SHARES]
        values = [share[key] for share in shares for key in ("value", "error")]
        rows.append([claim["claim"], claim["dimension"], int(claim["holds"]), *values])
    return _csv(header, rows)


def curve_csv(results: Record) -> str:
    """One row per point of the curve and claim."""
    rows = [
        [point["axis"], point["value"], c["claim"], c["dimension"], c["value"], c["error"], point["studies"]]
        for point in results["curve"]
        for c in point["claims"]
    ]
    return _csv(["axis", "value", "claim", "dimension", "power", "error", "studies"], rows)
