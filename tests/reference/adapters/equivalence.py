"""Equivalence and non-inferiority of paired differences."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.paired import equivalence
from tests.reference.adapters.paired_location import Pairs, read_pairs
from tests.reference.adapters.patterns import Pattern, confidence, matched
from tests.reference.cases import Case

REASONS: dict[str, str] = {}


@dataclass(frozen=True)
class Region:
    """Pairs with the region and level of the case."""

    pairs: Pairs
    low: float
    high: float
    alpha: float


def _t(region: Region, field: str) -> Any:
    test = equivalence.equivalence_t(*region.pairs.lattice, region.low, region.high, alpha=region.alpha)
    return getattr(test, field)


def _t_interval(region: Region, percent: str) -> tuple[float, float] | None:
    alpha = (1 - confidence(percent)) / 2
    return equivalence.equivalence_t(*region.pairs.lattice, region.low, region.high, alpha=alpha).interval


def _noninferiority(region: Region, alpha: float) -> equivalence.NonInferiorityT:
    return equivalence.noninferiority_t(*region.pairs.lattice, region.low, alpha=alpha)


def _exact(region: Region, rule: Any, field: str) -> float | None:
    test = equivalence.equivalence_signed_rank(*region.pairs.lattice, region.low, region.high, zeros=rule)
    value: float | None = getattr(test, field)
    return value


def _normal(region: Region, corrected: str | None, field: str) -> float | None:
    test = equivalence.equivalence_signed_rank_normal(
        *region.pairs.lattice, region.low, region.high, correction=corrected is not None
    )
    value: float | None = getattr(test, field)
    return value


PATTERNS: list[Pattern] = [
    ("tost_t.undefined", lambda r: bool(_t(r, "reason"))),
    ("tost_t.(t_lower|t_upper|p_lower|p_upper|p|df|se|equivalent)", _t),
    ("tost_t.ci([0-9.]+)", _t_interval),
    ("noninferiority_t.p", lambda r: _noninferiority(r, r.alpha).p),
    (
        "noninferiority_t.ci_lower_([0-9.]+)_one_sided",
        lambda r, percent: _noninferiority(r, 1 - confidence(percent)).lower_limit,
    ),
    (
        "noninferiority_t.noninferior_at_([0-9.]+)",
        lambda r, alpha: _noninferiority(r, float(alpha)).noninferior,
    ),
    ("tost_wilcoxon_exact_(wilcoxon|pratt).(p_lower|p_upper|p)", _exact),
    (
        "noninferiority_wilcoxon_exact_(wilcoxon|pratt).p",
        lambda r, rule: _exact(r, rule, "p_lower"),
    ),
    ("tost_wilcoxon_asymptotic(_cc)?.(p_lower|p_upper|p)", _normal),
]


def answers(case: Case) -> Mapping[str, Callable[[], Any]]:
    """A thunk for every key that matches a pattern."""
    settings = case.params
    region = Region(read_pairs(case), settings["low"], settings["high"], settings["alpha"])
    return matched(case, PATTERNS, region)
