"""The summary for a terminal of 80 columns."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from string import ascii_lowercase
from typing import Any

from analysis.decision import NOT_ESTIMABLE
from analysis.quick.faults import KINDS
from analysis.quick.naive import NAIVE
from analysis.quick.words import interval, number, p_short, percent

Record = Mapping[str, Any]
WIDTH = 80
# More comparisons than this are a line each here; the report has everything about them.
DETAILED = 12
# With more lines than this the report lists agreement.
MOST_AGREEMENT = 24
TITLE = 20


def wrapped(text: str, indent: str = "  ") -> str:
    """Text in lines of at most 80 columns, continued with a deeper indent."""
    return textwrap.fill(
        text, WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False
    )


def cut(text: str, width: int = WIDTH) -> str:
    """Text that ends with an ellipsis where it is too long."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _heading(text: str) -> list[str]:
    return ["", text.upper()]


def _test_lines(label: str, test: Record) -> list[str]:
    if test.get("se") is None:
        why = f": {test['reason']}" if test.get("reason") else ""
        return [wrapped(f"{label}: estimate {number(test['estimate'])}, no interval{why}")]
    p = test["p"]["two_sided"] if "p" in test else test["p_two_sided"]
    figures = (
        f"{number(test['estimate'])}  SE {number(test['se'])}  df {number(test['df'], 1)}  "
        f"p {p_short(p)}  {interval(test['interval'])}"
    )
    if len(label) + len(figures) + 4 <= WIDTH:
        return [f"  {label}: {figures}"]
    return [wrapped(f"{label}:"), f"    {figures}"]


def _complete_lines(record: Record) -> list[str]:
    complete = record["complete_blocks"]
    if complete["blocks_used"] == complete["blocks"] or complete["estimate"] is None:
        return []
    share = f"{complete['blocks_used']} of {complete['blocks']}"
    return _test_lines(f"{complete['engine']} over complete {record['block']}s only, {share}", complete)


def _beside_lines(record: Record) -> list[str]:
    beside = record["beside"]
    ranks, boot = beside["ranks"], beside["bootstrap"]
    pratt, flip, location = ranks["pratt"], ranks["sign_flip"], ranks["hodges_lehmann"]
    zero = percent(beside["zero_share"])
    return [
        *_test_lines("this panel of raters only", beside["panel_only"]),
        wrapped(f"signed-rank p {p_short(pratt['p_two_sided'])} (Pratt, {pratt['method']})"),
        wrapped(f"Hodges-Lehmann {number(location['estimate'])} {interval(location['interval'])}"),
        wrapped(f"sign-flip p {p_short(flip['p_two_sided'])} ({flip['method']})"),
        wrapped(f"two-way bootstrap {interval(boot['interval'])}; differences of 0: {zero}"),
    ]


def _naive_lines(record: Record) -> list[str]:
    lines = ["  What a naive analysis would have said (p of t; of signed-rank):"]
    for key, part in record["naive"].items():
        label = f"{NAIVE[key]}, n {part['n']}"
        lines.append(f"    {label:<46} {p_short(part['p_t']):>8}; {p_short(part['p_signed_rank'])}")
    return [*lines, *([wrapped(record["naive_sentence"])] if record["naive_sentence"] else [])]


def _detailed(record: Record) -> list[str]:
    lines = ["", cut(f"{record['dimension']}: {record['title']}"), wrapped(record["word"])]
    lines += _test_lines(record["primary"]["engine"], record["primary"])
    if record["beside"] is not None:
        lines += [*_complete_lines(record), *_beside_lines(record), *_naive_lines(record)]
        lines += [wrapped(sentence) for sentence in record["influence"]]
    return [*lines, wrapped(f"The result {record['population']}.")]


def _short(record: Record, letters: Mapping[str, str]) -> list[str]:
    test, word = record["primary"], record["word"]
    if record["faults"]:
        kinds = dict.fromkeys(letters[fault["kind"]] for fault in record["faults"])
        word = f"{NOT_ESTIMABLE}: {''.join(kinds)}"
    limits, p = interval(test["interval"], 2), p_short(test["p"]["two_sided"])
    title = record["title"]
    head = [] if len(title) <= TITLE else [cut(f"  {title}")]
    name = "" if head else title
    return [*head, f"  {name:<{TITLE}} {number(test['estimate'], 2):>5} {limits:<14} {p:<7} {word}".rstrip()]


def _compact(comparisons: Sequence[Record]) -> list[str]:
    kinds = {fault["kind"] for record in comparisons for fault in record["faults"]}
    letters = dict(zip((kind for kind in KINDS if kind in kinds), ascii_lowercase, strict=False))
    lines = ["  estimate, 95 % interval, two-sided p, word"]
    for dimension in dict.fromkeys(record["dimension"] for record in comparisons):
        own = [record for record in comparisons if record["dimension"] == dimension]
        lines += ["", cut(str(dimension)), *[line for record in own for line in _short(record, letters)]]
    lines += ["", *[wrapped(f"{letter}  {KINDS[kind]}") for kind, letter in letters.items()]]
    carried = sum(bool(record["influence"]) for record in comparisons)
    artefacts = sum(bool(record["naive_sentence"]) for record in comparisons)
    total = len(comparisons)
    return [
        *lines,
        wrapped(
            "What a naive analysis would have said: cells pooled as independent give p <= .05 in "
            f"{artefacts} of {total} comparisons whose own p is above .05."
        ),
        wrapped(f"One rater carries or turns {carried} of {total} comparisons; the report names them."),
    ]


def _agreement(records: Sequence[Record]) -> list[str]:
    if len(records) > MOST_AGREEMENT:
        return [f"{len(records)} dimensions and arms: see the report."]
    return [f"{record['dimension']}, {record['arm']}: {_coefficients(record)}" for record in records]


def _coefficients(record: Record) -> str:
    if record["reason"]:
        return f"{NOT_ESTIMABLE}, because {record['reason']}"
    named = [("ICC(2,1)", "icc_single", "icc"), ("ICC(2,k)", "icc_average", "icc")]
    named += [("alpha", "alpha", "alpha"), ("AC2", "ac2", "ac2")]
    known = [f"{name} {number(record[key], 2)}" for name, key, _ in named if record[key] is not None]
    missing: dict[str, list[str]] = {}
    for name, key, kind in named:
        if record[key] is None:
            missing.setdefault(record[f"{kind}_reason"], []).append(name)
    faults = [f"{', '.join(names)} {NOT_ESTIMABLE}, because {why}" for why, names in missing.items()]
    return "; ".join([*([", ".join(known)] if known else []), *faults])


def _sections(results: Record) -> Iterable[str]:
    parts = {
        "models of all scores": results["model_sentences"],
        "agreement (before any adjudication)": _agreement(results["reliability"]),
        "coding": results["coding_sentences"],
        "notes": results["notes"],
    }
    for title, sentences in parts.items():
        yield from _heading(title)
        yield from (wrapped(sentence) for sentence in sentences)


def summary(results: Record) -> str:
    """The terminal summary of a quick analysis, no line longer than 80 columns."""
    settings, comparisons = results["settings"], results["comparisons"]
    low, high = settings["scale"]
    margin = f"Scale {low:g} to {high:g}; margin {settings['margin']:g} points, {settings['margin_source']}."
    if len(comparisons) > DETAILED:
        body = _compact(comparisons)
    else:
        body = [line for record in comparisons for line in _detailed(record)]
    lines = [
        cut(f"Quick analysis of {results['file']['name']}"),
        wrapped(results["status"], ""),
        *_heading("design found"),
        *[wrapped(sentence) for sentence in [*results["design_sentences"], margin]],
        *_heading("comparisons"),
        *body,
        *_sections(results),
    ]
    return "\n".join(lines) + "\n"
