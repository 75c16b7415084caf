"""The testing tree of a plan: its steps and how each is adjusted.

Standard library only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.checking import (
    PlanError,
    at,
    choice_at,
    list_at,
    mapping_at,
    names_at,
    shares_at,
    text_at,
)

TREE_CLAIMS = ("non-inferior", "superior")
MIXED = "mixed"
METHODS = ("single", "holm", "hochberg", "hommel", "fixed_sequence", "fallback", "graph")
JOINT, SEPARATE = "joint", "separate"
REQUIRED = ("name", "claim", "method", "dimensions")
OPTIONAL = ("levels", "claims", "weights", "transitions")
Matrix = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class TreeStep:
    """One step of the testing tree; the next is tested only if all hypotheses of this one are rejected.

    Attributes
    ----------
    name : str
    claim : {"non-inferior", "superior", "mixed"}
        What is claimed on every dimension of the step; "mixed" if `claims` says it for each.
    method : str
        How the step's hypotheses are adjusted: one of `METHODS`.
    dimensions : tuple of str
        In the order of testing where the method has an order.
    levels : {"joint", "separate"}
        Joint: one hypothesis per dimension, "to residents of every level", by intersection-union.
        Separate: one hypothesis per dimension and level.
    claims : tuple of str
        Empty unless `claim` is "mixed"; then one claim per entry of `dimensions`, which may repeat.
    weights : tuple of float
        Shares of alpha per hypothesis, dimension by dimension; for "fallback" and "graph".
    transitions : tuple of tuple of float
        Share that each hypothesis (row) hands to each other (column); for "graph".
    """

    name: str
    claim: str
    method: str
    dimensions: tuple[str, ...]
    levels: str = JOINT
    claims: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    transitions: Matrix = ()

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Claim and dimension of each entry."""
        claims = self.claims or (self.claim,) * len(self.dimensions)
        return list(zip(claims, self.dimensions, strict=True))


def _transitions(value: object, path: str, n: int) -> Matrix:
    rows = list_at(value, path, empty=True)
    if len(rows) != n:
        raise PlanError(path, f"must be {n} rows, one for each hypothesis")
    matrix = tuple(shares_at(row, f"{path}[{i}]", n) for i, row in enumerate(rows))
    for i, row in enumerate(matrix):
        if row[i]:
            raise PlanError(f"{path}[{i}][{i}]", "must be 0: a hypothesis hands nothing to itself")
    return matrix


def _nothing(value: object, path: str, method: str) -> None:
    if list_at(value, path, empty=True):
        raise PlanError(path, f"has no use with the method {method}: leave it out")


def _shares(raw: Mapping[str, object], path: str, method: str, n: int) -> tuple[tuple[float, ...], Matrix]:
    """Weights and transitions where the method needs them, refused where it does not."""
    weights: tuple[float, ...] = ()
    transitions: Matrix = ()
    if method in ("fallback", "graph"):
        weights = shares_at(raw.get("weights"), at(path, "weights"), n)
    else:
        _nothing(raw.get("weights", []), at(path, "weights"), method)
    if method == "graph":
        transitions = _transitions(raw.get("transitions"), at(path, "transitions"), n)
    else:
        _nothing(raw.get("transitions", []), at(path, "transitions"), method)
    return weights, transitions


def _claims(raw: Mapping[str, object], path: str, n: int) -> tuple[str, tuple[str, ...]]:
    claim = choice_at(raw["claim"], at(path, "claim"), (*TREE_CLAIMS, MIXED))
    where = at(path, "claims")
    entries = list_at(raw.get("claims", []), where, empty=True)
    if (claim == MIXED) != bool(entries) or (entries and len(entries) != n):
        raise PlanError(
            where, "must hold one claim per dimension if the claim is mixed, and nothing otherwise"
        )
    return claim, tuple(choice_at(entry, f"{where}[{i}]", TREE_CLAIMS) for i, entry in enumerate(entries))


def _dimensions(value: object, path: str, dimensions: Sequence[str], *, repeat: bool) -> tuple[str, ...]:
    if not repeat:
        return names_at(value, path, dimensions)
    return tuple(choice_at(entry, f"{path}[{i}]", dimensions) for i, entry in enumerate(list_at(value, path)))


def _step(value: object, path: str, dimensions: Sequence[str], levels: Sequence[str]) -> TreeStep:
    raw = mapping_at(value, path, REQUIRED, OPTIONAL)
    method = choice_at(raw["method"], at(path, "method"), METHODS)
    chosen = _dimensions(raw["dimensions"], at(path, "dimensions"), dimensions, repeat=raw["claim"] == MIXED)
    claim, claims = _claims(raw, path, len(chosen))
    how = choice_at(raw.get("levels", JOINT), at(path, "levels"), (JOINT, SEPARATE))
    hypotheses = len(chosen) * (len(levels) if how == SEPARATE else 1)
    if method == "single" and hypotheses != 1:
        raise PlanError(at(path, "dimensions"), "must hold one dimension, jointly, when the method is single")
    weights, transitions = _shares(raw, path, method, hypotheses)
    name = text_at(raw["name"], at(path, "name"))
    return TreeStep(name, claim, method, chosen, how, claims, weights, transitions)


def tree_at(
    value: object, path: str, dimensions: Sequence[str], levels: Sequence[str]
) -> tuple[TreeStep, ...]:
    """The steps of a tree; names differ, and no claim on a dimension is tested twice.

    Raises
    ------
    PlanError
    """
    if not isinstance(value, list) or not value:
        raise PlanError(path, "must be a list of steps that is not empty")
    steps = tuple(_step(step, f"{path}[{i}]", dimensions, levels) for i, step in enumerate(value))
    tested: set[tuple[str, str]] = set()
    for i, step in enumerate(steps):
        if set(step.pairs) & tested:
            raise PlanError(f"{path}[{i}]", "tests a claim on a dimension that an earlier step tests")
        if len(set(step.pairs)) < len(step.pairs):
            raise PlanError(at(f"{path}[{i}]", "dimensions"), "holds a claim on a dimension twice")
        if step.name in [other.name for other in steps[:i]]:
            raise PlanError(f"{path}[{i}].name", f"{step.name} is used twice")
        tested |= set(step.pairs)
    return steps
