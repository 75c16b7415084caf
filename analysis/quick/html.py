"""The report of a quick analysis as one HTML file: no scripts, nothing loaded, fit to be printed."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from analysis.quick.markup import bullets, page, paragraph, section, table
from analysis.quick.naive import NAIVE
from analysis.quick.words import NONE, interval, number, p_short, percent

Record = Mapping[str, Any]
DESCRIBED = (
    "Estimates are mean differences in points of the scale, first arm minus second. The test of a row is the "
    "two-way-random t on complete blocks of equal size, and restricted maximum likelihood with a "
    "Kenward-Roger test otherwise. A word comes from the 95 % interval alone: superior if it lies above 0, "
    "non-inferior if above minus the margin, equivalent if also below the margin, otherwise inconclusive."
)
BESIDE_NOTE = (
    "These stand beside the test above and never decide. The panel's t holds for these raters only. The "
    "signed-rank, Hodges-Lehmann and sign-flip figures are of vignette means and describe; they are not "
    "protected against what raters and responders have in common."
)


def _test_cells(test: Record) -> list[str]:
    return [
        number(test["estimate"]),
        number(test["se"]),
        number(test["df"], 1),
        interval(test["interval"]),
        interval(test["narrow_interval"]),
        p_short(test["p"]["two_sided"]),
    ]


def _by_dimension(results: Record) -> list[tuple[str, list[Record]]]:
    names = dict.fromkeys(record["dimension"] for record in results["comparisons"])
    return [(name, [r for r in results["comparisons"] if r["dimension"] == name]) for name in names]


TEST_HEADER = ("Estimate", "SE", "df", "95 % interval", "90 % interval", "p, two-sided")


def _comparison_rows(records: Sequence[Record]) -> Iterable[list[str]]:
    for record in records:
        test, complete = record["primary"], record["complete_blocks"]
        yield [record["title"], test["engine"], *_test_cells(test), record["word"], record["population"]]
        if complete and complete["estimate"] is not None and complete["blocks_used"] < complete["blocks"]:
            share = f"{complete['blocks_used']} of {complete['blocks']}"
            label = f"{complete['engine']}, {share} complete {record['block']}s"
            yield [record["title"], label, *_test_cells(complete), "beside", ""]


def _comparisons(results: Record) -> str:
    parts = [paragraph(DESCRIBED)]
    for name, records in _by_dimension(results):
        header = ("Comparison", "Procedure", *TEST_HEADER, "Word", "Result speaks of")
        parts.append(table(f"{name}: comparisons", header, _comparison_rows(records)))
        parts.append(table(f"{name}: what lies behind", BEHIND, [_behind(r) for r in records]))
    return section("Comparisons", *parts)


BEHIND = (
    "Comparison",
    "Differences",
    "Vignettes",
    "Responders, first and second",
    "Raters",
    "Zero share",
    "Variance components or mean squares",
    "Share of SE² from raters",
    "Estimated at 0",
)


def _behind(record: Record) -> list[str]:
    n, test = record["n"], record["primary"]
    components = ", ".join(f"{name} {number(value, 3)}" for name, value in test["components"].items())
    return [
        record["title"],
        str(n["differences"]),
        str(n["vignettes"]),
        f"{n['first_responders']} and {n['second_responders']}",
        str(n["raters"]),
        percent(record["beside"]["zero_share"]) if record["beside"] else NONE,
        components or NONE,
        percent(test["rater_share"]),
        ", ".join(test["singular"]) or "none",
    ]


def _with_method(test: Record) -> str:
    return f"{p_short(test['p_two_sided'])} ({test['reason'] or test['method']})"


def _beside_row(record: Record) -> list[str]:
    beside = record["beside"]
    panel, ranks = beside["panel_only"], beside["ranks"]
    panel_p = p_short(panel.get("p_two_sided"))
    return [
        f"{record['dimension']}: {record['title']}",
        f"{number(panel['estimate'])} {interval(panel.get('interval'))}, p {panel_p}",
        _with_method(ranks["pratt"]),
        f"{number(ranks['hodges_lehmann']['estimate'])} {interval(ranks['hodges_lehmann']['interval'])}",
        _with_method(ranks["sign_flip"]),
        interval(beside["bootstrap"]["interval"]),
    ]


def _beside(results: Record) -> str:
    header = (
        "Comparison",
        "This panel of raters only, t",
        "Signed-rank p (Pratt)",
        "Hodges-Lehmann",
        "Sign-flip p",
        "Two-way bootstrap 95 %",
    )
    rows = [_beside_row(r) for r in results["comparisons"] if r["beside"]]
    return section("Beside the tests", paragraph(BESIDE_NOTE), table("Beside each comparison", header, rows))


def _naive(results: Record) -> str:
    records = [r for r in results["comparisons"] if r["naive"]]
    header = ("Comparison", *[f"{NAIVE[key]}: p of t; of signed-rank" for key in NAIVE], "The design's own p")
    rows = [
        [
            f"{r['dimension']}: {r['title']}",
            *[f"{p_short(r['naive'][k]['p_t'])}; {p_short(r['naive'][k]['p_signed_rank'])}" for k in NAIVE],
            p_short(r["primary"]["p"]["two_sided"]),
        ]
        for r in records
    ]
    said = [f"{r['dimension']}, {r['title']}: {r['naive_sentence']}" for r in records if r["naive_sentence"]]
    return section(
        "What a naive analysis would have said",
        paragraph("None of these p-values may be reported: each counts one source of variation only."),
        table("P-values that ignore the design", header, rows),
        bullets(said) if said else "",
    )


def _rater_rows(results: Record) -> Iterable[list[str]]:
    for record in results["comparisons"]:
        for rater in record["raters"]:
            yield [
                f"{record['dimension']}: {record['title']}",
                rater["rater"],
                str(rater["n"]),
                number(rater["mean"]),
                percent(rater["share"]),
                number(rater["estimate_without"]),
                "; ".join(rater["changes"]) or "nothing",
            ]


def _responder_rows(results: Record) -> Iterable[list[str]]:
    for record in results["comparisons"]:
        for responder in record["responders"]:
            yield [
                f"{record['dimension']}: {record['title']}",
                responder["responder"],
                str(responder["n"]),
                number(responder["mean"]),
            ]


def _responders(results: Record) -> str:
    header = ("Comparison", "Responder of the second side", "Differences", "Mean difference")
    note = "A mean of fewer than 3 differences is not shown."
    return section("Responders", paragraph(note), table("Each responder", header, _responder_rows(results)))


def _raters(results: Record) -> str:
    said = [
        f"{r['dimension']}, {r['title']}: {line}" for r in results["comparisons"] for line in r["influence"]
    ]
    header = (
        "Comparison",
        "Rater",
        "Differences",
        "Own mean",
        "Share of the effect",
        "Mean without",
        "Turns",
    )
    many = (
        "Shares add to 100 % over the raters; they may be negative or larger where raters disagree in sign."
    )
    lead = bullets(said) if said else paragraph("No rater carries or turns a comparison.")
    return section("Raters", lead, paragraph(many), table("Each rater's part", header, _rater_rows(results)))


def _models(results: Record) -> str:
    return section(
        "Models of all ratings", bullets(results["model_sentences"]), *[_model(m) for m in results["models"]]
    )


def _implied(found: Record | None) -> str:
    return NONE if found is None else f"{number(found['estimate'])} {interval(found['interval'])}"


def _model(model: Record) -> str:
    cut = f"P(score >= {model['cut']:g})"
    header = (
        *("Contrast", "Linear: estimate", "95 % interval", "df", "p", "Odds ratio", "95 % interval", "p"),
        *("Implied mean difference", f"Implied difference in {cut}"),
    )
    rows = [
        [
            c["title"],
            number(c["linear"]["estimate"]),
            interval(c["linear"]["interval"]),
            number(c["linear"]["df"], 1),
            p_short(c["linear"]["p"]),
            number(c["ordinal"]["odds_ratio"], 2),
            interval(c["ordinal"]["interval"], 2),
            p_short(c["ordinal"]["p"]),
            _implied(c["ordinal"]["mean_difference"]),
            _implied(c["ordinal"]["high_difference"]),
        ]
        for c in model["contrasts"]
    ]
    return table(f"{model['dimension']}: models of all ratings", header, rows)


def _reliability_row(record: Record) -> list[str]:
    head = [record["dimension"], record["arm"]]
    if record["reason"]:
        return [*head, *[f"not estimable, because {record['reason']}", *[NONE] * 4]]
    missing = [record[key] for key in ("icc_reason", "alpha_reason", "ac2_reason") if record[key]]
    return [
        *head,
        f"{number(record['icc_single'], 2)} {interval(record['icc_single_interval'], 2)}"
        if record["icc_single"] is not None
        else NONE,
        number(record["icc_average"], 2),
        number(record["alpha"], 2),
        f"{number(record['ac2'], 2)} {interval(record['ac2_interval'], 2)}"
        if record["ac2"] is not None
        else NONE,
        f"not estimable, because {'; '.join(dict.fromkeys(missing))}" if missing else "",
    ]


def _reliability(results: Record) -> str:
    header = ("Dimension", "Arm", "ICC(2,1)", "ICC(2,k)", "Alpha, ordinal", "AC2, ordinal weights", "Remark")
    rows = [_reliability_row(record) for record in results["reliability"]]
    return section("Agreement of the raters", table("Agreement by dimension and arm", header, rows))


def _settings(results: Record) -> str:
    s = results["settings"]
    rows = [
        ["File", results["file"]["name"]],
        ["SHA-256", results["file"]["sha256"]],
        ["Scale", f"{s['scale'][0]:g} to {s['scale'][1]:g}"],
        ["Margin", f"{s['margin']:g} points, {s['margin_source']}"],
        ["Seed and draws", f"{s['seed']}, {s['draws']}"],
        *[[name, value] for name, value in results["software"].items()],
    ]
    return section("Settings", table("Settings and software", ("Name", "Value"), rows))


def report(results: Record) -> str:
    """The whole page."""
    title = f"Quick analysis of {results['file']['name']}"
    margin = f"Margin: {results['settings']['margin']:g} points, {results['settings']['margin_source']}."
    body = "".join(
        [
            f'<h1>{escape(title)}</h1>\n<p class="status">{escape(results["status"])}</p>\n',
            section("Design found in the file", bullets([*results["design_sentences"], margin])),
            _comparisons(results),
            _naive(results),
            _raters(results),
            _responders(results),
            _beside(results),
            _models(results),
            _reliability(results),
            section("Coding and unblinding", bullets(results["coding_sentences"])),
            section("Notes", bullets(results["notes"])),
            _settings(results),
        ]
    )
    return page(title, body)
