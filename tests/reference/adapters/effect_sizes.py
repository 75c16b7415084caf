"""Effect sizes of paired differences."""

from collections.abc import Callable, Mapping
from typing import Any

from analysis.paired import effect_size
from tests.reference.adapters.paired_location import Pairs, read_pairs
from tests.reference.adapters.patterns import Pattern, confidence, matched
from tests.reference.cases import Case

REASONS = {
    "cliffs_delta.independent_ci95": (
        "the reference package miscounts when a second value exceeds every first value (its limits then"
        " follow from a dominance of -1/n in place of -1)"
    ),
}
DELTA_INTERVAL = "cliffs_delta.independent_ci([0-9.]+)"


def _delta_interval(pairs: Pairs, percent: str) -> tuple[float, float] | None:
    result = effect_size.cliffs_delta_independent(pairs.x, pairs.y, confidence(percent))
    return result.interval


def _steps(method: Callable[..., effect_size.EffectSize]) -> Callable[[Pairs], float | None]:
    return lambda pairs: method(pairs.lattice[0]).estimate


def _sides(method: Callable[..., effect_size.EffectSize]) -> Callable[[Pairs], float | None]:
    return lambda pairs: method(pairs.x, pairs.y).estimate


def _interval(
    method: Callable[..., effect_size.EffectSize],
) -> Callable[[Pairs, str], tuple[float, float] | None]:
    return lambda pairs, percent: method(pairs.lattice[0], confidence=confidence(percent)).interval


PATTERNS: list[Pattern] = [
    ("rank_biserial.wilcoxon", lambda d: effect_size.rank_biserial(d.lattice[0]).estimate),
    ("rank_biserial.pratt", lambda d: effect_size.rank_biserial(d.lattice[0], "pratt").estimate),
    (
        "rank_biserial.pratt_full_denominator",
        lambda d: effect_size.rank_biserial(d.lattice[0], "pratt_full").estimate,
    ),
    ("rank_biserial.wilcoxon_ci([0-9.]+)_fisher_z", _interval(effect_size.rank_biserial)),
    ("prob_superiority", _steps(effect_size.probability_of_superiority)),
    ("paired_dominance", _steps(effect_size.paired_dominance)),
    ("paired_dominance_wald_ci([0-9.]+)", _interval(effect_size.paired_dominance)),
    ("cliffs_delta.independent", _sides(effect_size.cliffs_delta_independent)),
    (DELTA_INTERVAL, _delta_interval),
    ("cohen_dz", _steps(effect_size.cohen_dz)),
    ("cohen_dz.ci([0-9.]+)_nct", _interval(effect_size.cohen_dz)),
    ("hedges_gz", _steps(effect_size.hedges_gz)),
    ("hedges_gz.ci([0-9.]+)(?:_nct)?", _interval(effect_size.hedges_gz)),
    ("cohen_d_av", _sides(effect_size.cohen_d_av)),
    ("correlation_xy", _sides(effect_size.correlation)),
    ("cohen_d_rm", _sides(effect_size.cohen_d_rm)),
    ("(?:cohen_dz|cohen_d|rank_biserial).undefined", lambda d: bool(d.t.reason or d.sign.reason)),
]


def answers(case: Case) -> Mapping[str, Callable[[], Any]]:
    """A thunk for every key that matches a pattern, except where the reference itself is defective."""
    pairs = read_pairs(case)
    defective = len(pairs.x) > 0 and pairs.y.max() > pairs.x.max()
    patterns = [p for p in PATTERNS if p[0] != DELTA_INTERVAL] if defective else PATTERNS
    return matched(case, patterns, pairs)
