"""Answers for bootstraps of a mean of pairs and of arm differences over vignettes."""

import re
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from analysis.estimate import Array
from analysis.paired.lattice import find_lattice, smallest_denominator, to_lattice
from analysis.resampling.cluster import (
    Bootstrap,
    Statistic,
    cluster_bootstrap,
    mean_difference_of_totals,
    mean_of_totals,
    two_sided_cells,
    value_cells,
)
from analysis.resampling.lattice import LatticeBootstrap, lattice_bootstrap
from tests.reference.adapters.shapes import in_the_form_of
from tests.reference.cases import Case

REASONS: dict[str, str] = {}
DRAWS = 99_999
RUNS = 8
SECOND_ARM = "resident"


def strict_runs(cells: Array, statistic: Statistic = mean_of_totals, runs: int = RUNS) -> list[Bootstrap]:
    """Repeated bootstraps with the strict bias correction, which the reference software uses."""
    return [
        cluster_bootstrap(cells, statistic, draws=DRAWS, rng=np.random.default_rng(seed), bias="strict")
        for seed in range(runs)
    ]


def over_runs(runs: Sequence[Bootstrap], name: str) -> dict[str, Any]:
    """Mean and standard deviation of an interval's limits between runs."""
    limits = np.array([getattr(run, name) or (None, None) for run in runs], float)
    return {"mean_of_runs": limits.mean(axis=0), "sd_between_runs": limits.std(axis=0, ddof=1)}


def vignette_bootstrap(differences: Array) -> dict[str, Any]:
    """Acceleration, intervals and their Monte-Carlo error for one difference per vignette."""
    runs = strict_runs(value_cells(differences))
    bca = over_runs(runs, "bca")
    return {
        "acceleration": runs[0].acceleration,
        "percentile_ci95": over_runs(runs, "percentile")["mean_of_runs"],
        "bca_ci95": bca["mean_of_runs"],
        "mc_sd": float(bca["sd_between_runs"].max()),
    }


def exact_vignette_bootstrap(differences: Array, denominator: int) -> dict[str, Any]:
    """Exact intervals for one difference per vignette on the lattice of ``1 / denominator``."""
    found = lattice_bootstrap(to_lattice(differences, denominator), denominator)
    return {
        "percentile_ci95": found.percentile,
        "bca_mid_ci95": found.bca,
        "bca_strict_ci95": found.bca_strict,
        "z0_mid": bias_correction(found, "mid"),
    }


def bias_correction(found: LatticeBootstrap, bias: str) -> float | None:
    """z0 of the exact distribution, infinite where all of it lies on one side."""
    if found.below is None or found.equal is None:
        return None
    return float(special.ndtri(found.below + (found.equal / 2 if bias == "mid" else 0.0)))


def _of_pairs(case: Case) -> dict[str, Callable[[], Any]]:
    table = case.table.dropna(subset=["x", "y"])
    differences = (table["x"] - table["y"]).to_numpy(float)
    denominator = smallest_denominator(table["x"], table["y"])
    if denominator is None:
        steps, denominator = find_lattice(differences)
    else:
        steps = np.rint(differences * denominator).astype(np.int64)

    @cache
    def exact(confidence: float = 0.95) -> LatticeBootstrap:
        return lattice_bootstrap(steps, denominator, confidence)

    @cache
    def runs() -> list[Bootstrap]:
        return strict_runs(value_cells(differences))

    found: dict[str, Callable[[], Any]] = {
        "n": lambda: exact().n,
        "estimate": lambda: runs()[0].estimate,
        "bootstrap_se.exact": lambda: exact().se,
        "acceleration": lambda: runs()[0].acceleration,
        "lattice_step": lambda: exact().step,
    }
    for name, attribute in (("percentile", "percentile"), ("bca_strict_z0", "bca"), ("basic", "basic")):
        found[f"boot_R.{name}_ci95"] = partial(lambda name: over_runs(runs(), name), attribute)
    return found | _exact_answers(case, exact)


def _exact_answers(case: Case, exact: Callable[..., LatticeBootstrap]) -> dict[str, Callable[[], Any]]:
    def limits(record: dict[str, Any], name: str, confidence: float) -> Any:
        return in_the_form_of(record, getattr(exact(confidence), name))

    def levels(bias: str) -> Any:
        corrected = getattr(exact(), bias)
        return None if corrected is None else corrected.levels

    found: dict[str, Callable[[], Any]] = {}
    for bias in ("mid", "strict"):
        found[f"z0.{bias}"] = partial(lambda bias: bias_correction(exact(), bias), bias)
        found[f"bca_levels.{bias}"] = partial(levels, bias)
    for key, record in case.expected.items():
        interval = re.fullmatch(r"(percentile|bca)_ci(\d+)\.exact(?:_z0_(mid|strict))?", key)
        if interval:
            field = {"mid": "bca", "strict": "bca_strict", None: interval[1]}[interval[3]]
            found[key] = partial(limits, record, field, int(interval[2]) / 100)
    return found


def arm_cells(case: Case) -> tuple[Array, Statistic]:
    """Totals per cluster and the statistic of a case with one row per rating, as its notes describe them."""
    text = " ".join([str(case.content.get("title")), *(case.content.get("notes") or [])])
    table = case.table.dropna(subset=["rating"])
    first, second = _sides(table, text)
    resampled = re.search(r"resample \d+ (\w+)s\b", text)
    cluster = resampled[1] if resampled and resampled[1] in table else "vignette"
    table = table[table["arm"].isin([first, second])]
    cells = two_sided_cells(table[cluster], table["arm"] == first, table["rating"])
    if f"{cluster}_mean" in text or f"mean over {cluster}s" in text:
        return value_cells(mean_difference_of_totals(cells)), mean_of_totals
    return cells, mean_difference_of_totals


def _sides(table: pd.DataFrame, text: str) -> tuple[str, str]:
    arms = set(table["arm"])
    stated = re.search(r"mean (?:of all )?(\w+) ratings? - mean (?:of all )?(\w+) rating", text)
    if stated and {stated[1], stated[2]} <= arms:
        return stated[1], stated[2]
    second = SECOND_ARM if SECOND_ARM in arms else max(arms, default=SECOND_ARM)
    return min(arms - {second}, default=""), second


def _of_clusters(case: Case) -> dict[str, Callable[[], Any]]:
    cells, statistic = arm_cells(case)

    @cache
    def runs() -> list[Bootstrap]:
        return strict_runs(cells, statistic)

    def mean(name: str) -> float:
        return float(np.mean([getattr(run, name) for run in runs()], dtype=float))

    return {
        "estimate": lambda: runs()[0].estimate,
        "acceleration": lambda: runs()[0].acceleration,
        "percentile_ci95": lambda: over_runs(runs(), "percentile"),
        "bca_ci95": lambda: over_runs(runs(), "bca"),
        "basic_ci95": lambda: over_runs(runs(), "basic"),
        "bootstrap_se": partial(mean, "se"),
        "prob_less": partial(mean, "below"),
        "prob_equal": partial(mean, "equal"),
    }


def answers(case: Case) -> dict[str, Callable[[], Any]]:
    """A thunk per key; a table of pairs has columns x and y, the others one row per rating."""
    return _of_pairs(case) if {"x", "y"} <= set(case.table.columns) else _of_clusters(case)
