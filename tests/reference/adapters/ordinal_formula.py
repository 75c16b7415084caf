"""Rows of a cumulative link or linear mixed model from the R call of a reference case."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Columns = dict[str, NDArray[np.float64]]
Term = tuple[str, ...]
_RANDOM = re.compile(r"\(\s*(?:(?:0\s*\+\s*)?1|0\s*\+\s*([A-Za-z.][\w.]*))\s*\|\s*([^()|]+?)\s*\)")
_FACTOR = re.compile(r"(?:as\.)?(?:factor|ordered)\(\s*([\w.]+)\s*\)")
_LINKS = ("cloglog", "loglog", "probit", "logit")
_DEGREES = ("L", "Q", "C")


@dataclass(frozen=True)
class Call:
    """A call of lmer, clm or clmm: response, fixed terms, random intercepts and settings.

    `carriers` names, per random effect, the column of zeros and ones whose rows carry it, if not all do.
    """

    response: str
    fixed: tuple[Term, ...]
    random: tuple[str, ...]
    link: str
    thresholds: str
    quadrature: int
    intercept: bool = True
    weights: str = ""
    carriers: dict[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> set[str]:
        """Columns whose missing values drop a row."""
        named = {_bare(name) for term in self.fixed for name in term} | set(self.carriers.values())
        return named | {name for effect in self.random for name in effect.split(":")}

    def without(self, name: str) -> tuple[Term, ...]:
        """The fixed terms without one and those that contain it."""
        gone = set(name.split(":"))
        return tuple(term for term in self.fixed if not gone <= {_bare(part) for part in term})


def _bare(name: str) -> str:
    """The column behind ``factor(x)``."""
    return _FACTOR.sub(r"\1", name)


def _setting(text: str, name: str) -> str | None:
    found = re.search(rf"\b{name}\s*=\s*[\"']?(-?[\w.]+)", text)
    return found[1] if found else None


def _first_argument(text: str) -> str:
    """What stands before the comma or the bracket that ends the first argument."""
    depth = 0
    for i, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth < 0 or (depth == 0 and sign == ","):
            return text[:i]
    return text


def _expanded(term: str) -> list[Term]:
    """One term of a formula with its crossings and nestings written out."""
    if "*" in term:
        names = [name.strip() for name in term.split("*")]
        masks = sorted(product((0, 1), repeat=len(names)), key=lambda mask: (sum(mask), [-m for m in mask]))
        return [tuple(n for n, m in zip(names, mask, strict=True) if m) for mask in masks[1:]]
    if "/" in term:
        names = [name.strip() for name in term.split("/")]
        return [tuple(names[: depth + 1]) for depth in range(len(names))]
    return [tuple(name.strip() for name in term.split(":"))]


def _terms(fixed: str) -> tuple[tuple[Term, ...], bool]:
    """Fixed terms in R's order, main effects before interactions, and whether there is an intercept."""
    found: list[Term] = []
    intercept = True
    for sign, part in re.findall(r"([+-]?)\s*([^+-]+)", fixed):
        term = part.strip()
        if term in {"0", "1"}:
            intercept = intercept and (term == "1") == (sign != "-")
        elif term and sign == "-":
            found = [known for known in found if known not in _expanded(term)]
        elif term:
            found += _expanded(term)
    return tuple(sorted(dict.fromkeys(found), key=len)), intercept


def _effects(text: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """Random intercepts by the columns that they join, and what carries them if not all rows do."""
    carriers: dict[str, str] = {}
    found: list[str] = []
    for carrier, group in _RANDOM.findall(text):
        parts = [part.strip() for part in group.split("/")]
        for depth in range(len(parts)):
            effect = re.sub(r"\s*:\s*", ":", ":".join(reversed(parts[: depth + 1])))
            found.append(effect)
            if carrier:
                carriers[effect] = carrier
    return tuple(found), carriers


def parse_call(text: str, hints: Sequence[str] = ()) -> Call:
    """The model of a call; `hints` may name the link where the call does not.

    Raises
    ------
    ValueError
        If the call has random slopes.
    """
    body = re.sub(r"\s+", " ", text[text.index("(") + 1 :])
    response, rest = _first_argument(body).split("~", 1)
    rest = re.sub(r"\|([^()|]*)" + _FACTOR.pattern, r"|\1\2", rest)
    random, carriers = _effects(rest)
    formula = _RANDOM.sub("", rest)
    if "|" in formula:
        raise ValueError(f"random effects other than intercepts: {formula.strip()}")
    fixed, intercept = _terms(formula)
    link = _setting(body, "link")
    if link is None:
        link = next((name for name in _LINKS for hint in hints if name in hint), "logit")
    return Call(
        response=_bare(re.sub(r".*=\s*", "", response).strip()),
        fixed=fixed,
        random=random,
        link=link,
        thresholds=_setting(body, "threshold") or "flexible",
        quadrature=int((_setting(body, "nAGQ") or "1").rstrip("L")),
        intercept=intercept,
        weights=_setting(body, "weights") or "",
        carriers=carriers,
    )


def texts(values: "pd.Series[str]") -> "pd.Series[str]":
    """Labels of a column as R writes them: whole numbers without decimals, TRUE and FALSE."""
    if pd.api.types.is_bool_dtype(values):
        return values.map({True: "TRUE", False: "FALSE"})
    whole = pd.api.types.is_float_dtype(values) and bool((values % 1 == 0).all())
    return (values.astype(int) if whole else values).astype(str)


def _parts(names: Sequence[str]) -> set[str]:
    return {part for name in names for part in name.split(":")}


def _reference(column: str, levels: Sequence[str], names: Sequence[str], notes: str) -> str:
    """The level without a coefficient, else the one that the notes name, else the first."""
    main = [name for name in names if ":" not in name]
    for known in (_parts(main), _parts(names)):
        absent = [level for level in levels if f"{column}{level}" not in known]
        if len(absent) == 1:
            return absent[0]
    stated = re.search(rf"\b{re.escape(column)}(?: reference level)?\s*=\s*([\w-]+)", notes)
    if stated and stated[1] in levels:
        return stated[1]
    return "resident" if "resident" in levels else levels[0]


def _polynomials(column: str, levels: Sequence[str], labels: "pd.Series[str]") -> Columns:
    """Orthonormal polynomials of the place of a level, R's contrasts of an ordered factor."""
    place = np.arange(len(levels)) - (len(levels) - 1) / 2
    basis, triangle = np.linalg.qr(np.vander(place, increasing=True))
    scores = (basis * np.sign(np.diagonal(triangle)))[:, 1:]
    rows = pd.Categorical(labels, categories=list(levels)).codes
    names = [*(f".{degree}" for degree in _DEGREES), *(f"^{d}" for d in range(4, len(levels)))]
    return {f"{column}{name}": own[rows] for name, own in zip(names, scores.T, strict=False)}


def _is_number(values: "pd.Series[str]") -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _is_factor(table: pd.DataFrame, column: str, names: Sequence[str]) -> bool:
    """Whether a column enters by its levels: a text, or a number of which a level or a trend is named."""
    values, known = table[_bare(column)], _parts(names)
    if not _is_number(values) or _bare(column) != column:
        return True
    levels = texts(values).unique()
    named = [f"{column}{level}" for level in levels]
    return column not in known and any(name in known for name in [*named, f"{column}.L"])


def _coded(table: pd.DataFrame, column: str, names: Sequence[str], notes: str, *, whole: bool) -> Columns:
    """Contrasts of a column, an indicator of every level if `whole`, or the column itself as a number."""
    values = table[_bare(column)]
    if not _is_factor(table, column, names):
        return {column: values.to_numpy(float)}
    labels = texts(values)
    by_value = dict(zip(labels, values if _is_number(values) else labels, strict=True))
    levels = sorted(by_value, key=by_value.__getitem__)
    if f"{column}.L" in _parts(names):
        return _polynomials(column, levels, labels)
    left_out = None if whole else _reference(column, levels, names, notes)
    return {f"{column}{level}": (labels == level).to_numpy(float) for level in levels if level != left_out}


def design(
    table: pd.DataFrame, fixed: Sequence[Term], names: Sequence[str], notes: str, *, intercept: bool = True
) -> tuple[NDArray[np.float64], list[str]]:
    """Covariates and their names as R writes them, in the order of `names` where all of them are known.

    A factor stands for its contrasts where the term without it is in the model, else for all its levels.
    """
    columns: Columns = {}
    margins = {frozenset(term) for term in fixed} | {frozenset[str]()}
    first = next((c for term in fixed for c in term if _is_factor(table, c, names)), None)
    for term in fixed:
        lone = not intercept and first is not None and term == (first,)
        coded = [
            _coded(table, column, names, notes, whole=lone or frozenset(term) - {column} not in margins)
            for column in term
        ]
        # R lets the first factor of an interaction vary fastest.
        for choice in product(*[list(part) for part in reversed(coded)]):
            chosen = choice[::-1]
            columns[":".join(chosen)] = np.prod([c[n] for c, n in zip(coded, chosen, strict=True)], axis=0)
    columns = _independent(columns, len(table), intercept=intercept)
    if set(columns) <= set(names):
        columns = {name: columns[name] for name in dict.fromkeys(names) if name in columns}
    matrix = np.column_stack(list(columns.values())) if columns else np.empty((len(table), 0))
    return matrix, list(columns)


def _independent(columns: Columns, n: int, *, intercept: bool) -> Columns:
    """The columns that those before them, and the intercept, do not explain: R leaves out the others."""
    kept: Columns = {}
    before = [np.ones(n)] if intercept else []
    for name, column in columns.items():
        if np.linalg.matrix_rank(np.column_stack([*before, column])) > len(before):
            kept[name] = column
            before.append(column)
    return kept


def labels(table: pd.DataFrame, effect: str, carrier: str = "") -> "pd.Series[str]":
    """Labels of a random intercept, possibly of several columns; none in rows that do not carry it."""
    names = effect.split(":")
    joined: pd.Series[str] = table[names].apply(texts).agg(":".join, axis=1)
    return joined.where(table[carrier].astype(float) != 0) if carrier else joined
