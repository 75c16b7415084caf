"""Where the claim word changes: every sensitivity's word beside the primary one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from analysis.decision import headline_word, run_tree
from analysis.estimate import MeanTest
from analysis.plan import Plan
from analysis.sensitivities.execute import CLAIM_WORDS, Outcome
from analysis.sensitivities.findings import Finding

Record = dict[str, Any]
Place = tuple[str, str]
# What one sensitivity says of one model, by dimension and level.
Findings = Mapping[Place, Sequence[Outcome]]
Tests = Mapping[str, Sequence[MeanTest]]
Faults = Mapping[str, Sequence[str]]


def _cell(records: Sequence[Record], reason: str) -> Record:
    words: dict[str, int] = {}
    for record in records:
        words[record["word"]] = words.get(record["word"], 0) + 1
    return {
        "words": words,
        "cases": len(records),
        "changed": sum(record["changed"] is True for record in records),
        "without_word": sum(record["changed"] is None for record in records),
        "changed_cases": [record["case"] for record in records if record["changed"]],
        "reason": reason,
    }


def contrast_row(contrast: Record, records: Sequence[Record], found: Sequence[Outcome]) -> Record:
    """One contrast on one dimension: its primary word, and a cell per sensitivity.

    Parameters
    ----------
    contrast : dict
        With keys model, model_label, level, dimension, dimension_label and unadjusted.
    records : sequence of dict
        The contrast's records of `analysis.sensitivities.execute.records`.
    found : sequence of Outcome
    """
    head = {key: contrast[key] for key in ("model", "model_label", "level", "dimension", "dimension_label")}
    cells = {
        outcome.name: _cell([r for r in records if r["sensitivity"] == outcome.name], outcome.reason)
        for outcome in found
    }
    return {
        **head,
        "primary": contrast["unadjusted"],
        "cells": cells,
        "cases": sum(cell["cases"] for cell in cells.values()),
        "changed": sum(cell["changed"] for cell in cells.values()),
        "without_word": sum(cell["without_word"] for cell in cells.values()),
    }


def counts(rows: Sequence[Record], names: Sequence[str]) -> list[Record]:
    """Cases, changes and cases without a word of each sensitivity over all contrasts."""
    keys = ("cases", "changed", "without_word")
    return [
        {
            "sensitivity": name,
            **{key: sum(row["cells"][name][key] for row in rows if name in row["cells"]) for key in keys},
            "contrasts_changed": sum(
                bool(row["cells"][name]["changed"]) for row in rows if name in row["cells"]
            ),
        }
        for name in names
    ]


def _cases(found: Findings) -> dict[tuple[str, str], dict[Place, Finding]]:
    """Findings by sensitivity and case; those on another scale carry no claim of the tree."""
    cases: dict[tuple[str, str], dict[Place, Finding]] = {}
    for place, each in found.items():
        for outcome in each:
            for finding in outcome.findings:
                if finding.margin is not None:
                    cases.setdefault((outcome.name, finding.case), {})[place] = finding
    return cases


def _plan_of(plan: Plan, findings: Mapping[Place, Finding]) -> Plan:
    margins = dict(plan.margins)
    for (dimension, _), finding in findings.items():
        margins[dimension] = finding.margin if finding.margin is not None else margins[dimension]
    alpha = next(iter(findings.values())).equivalence_alpha
    return replace(plan, margins=margins, equivalence_alpha=alpha)


def headline_rows(
    plan: Plan, model: str, tests: Tests, faults: Faults, found: Findings, words: Mapping[str, str]
) -> list[Record]:
    """The words that the whole tree gives under each case of each sensitivity.

    Parameters
    ----------
    plan : Plan
    model : str
        A model with a tree.
    tests, faults : mappings by dimension
        Of the primary analysis; a contrast that a case does not touch keeps its primary test.
    found : mapping of (dimension, level) to sequence of Outcome
    words : mapping of dimension to str
        Headline words of the primary analysis.

    Returns
    -------
    list of dict
        sensitivity, case, words by dimension, and the dimensions whose word changed.
    """
    rows = []
    for (name, case), findings in _cases(found).items():
        changed_plan = _plan_of(plan, findings)
        own_tests, own_faults = {}, {}
        for d in plan.dimensions:
            own = [findings.get((d, level)) for level in plan.levels]
            own_tests[d] = [f.test if f else t for f, t in zip(own, tests[d], strict=True)]
            new = [fault for f in own if f for fault in f.faults]
            own_faults[d] = list(dict.fromkeys([*faults[d], *new]))
        tree = run_tree(changed_plan, own_tests, own_faults, plan.model_alpha(model))
        got = {d: headline_word(changed_plan, d, tree, own_tests[d], own_faults[d]) for d in plan.dimensions}
        rows.append(
            {
                "model": model,
                "sensitivity": name,
                "case": case,
                "words": got,
                "changed": [d for d in plan.dimensions if _differs(words[d], got[d])],
            }
        )
    return rows


def _differs(primary: str, word: str) -> bool:
    """Whether two headlines differ: a word against another, or against none."""
    known = [text if text in CLAIM_WORDS else "" for text in (primary, word)]
    return known[0] != known[1]
