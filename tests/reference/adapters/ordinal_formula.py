"""Rows of a cumulative link model from the R call of a reference case."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

_RANDOM = re.compile(r"\(\s*(?:0\s*\+\s*)?1\s*\|\s*([^()]+?)\s*\)")
_LINKS = ("cloglog", "loglog", "probit", "logit")


@dataclass(frozen=True)
class Call:
    """A call of clm or clmm: response, fixed terms, random intercepts and settings."""

    response: str
    fixed: tuple[tuple[str, ...], ...]
    random: tuple[str, ...]
    link: str
    thresholds: str
    quadrature: int

    @property
    def columns(self) -> set[str]:
        """Columns whose missing values drop a row."""
        named = {name for term in self.fixed for name in term}
        return named | {name for effect in self.random for name in effect.split(":")}


def _setting(text: str, name: str) -> str | None:
    found = re.search(rf"\b{name}\s*=\s*[\"']?(-?[\w]+)", text)
    return found[1] if found else None


def _terms(fixed: str) -> tuple[tuple[str, ...], ...]:
    """Fixed terms in R's order: main effects before interactions."""
    found: list[tuple[str, ...]] = []
    for term in (part.strip() for part in fixed.split("+")):
        names = tuple(name.strip() for name in re.split(r"[*:]", term))
        if "*" in term:
            size = len(names)
            masks = sorted(product((0, 1), repeat=size), key=lambda mask: (sum(mask), [-m for m in mask]))
            found += [tuple(n for n, m in zip(names, mask, strict=True) if m) for mask in masks[1:]]
        elif term not in {"", "0", "1", "-1"}:
            found.append(names)
    return tuple(sorted(dict.fromkeys(found), key=len))


def _effects(text: str) -> tuple[str, ...]:
    found: list[str] = []
    for group in _RANDOM.findall(text):
        parts = [part.strip() for part in group.split("/")]
        for depth in range(len(parts)):
            nested = ":".join(reversed(parts[: depth + 1]))
            found.append(re.sub(r"\s*:\s*", ":", nested))
    return tuple(found)


def parse_call(text: str, hints: Sequence[str] = ()) -> Call:
    """The model of a call; `hints` may name the link where the call does not."""
    body = re.sub(r"\s+", " ", text[text.index("(") + 1 :])
    response, rest = body.split("~", 1)
    random = _effects(rest)
    formula = re.split(r",", _RANDOM.sub("", rest))[0]
    link = _setting(body, "link")
    if link is None:
        link = next((name for name in _LINKS for hint in hints if name in hint), "logit")
    return Call(
        response=re.sub(r".*=\s*", "", response).strip(),
        fixed=_terms(formula.rstrip(") ")),
        random=random,
        link=link,
        thresholds=_setting(body, "threshold") or "flexible",
        quadrature=int((_setting(body, "nAGQ") or "1").rstrip("L")),
    )


def _reference(column: str, levels: Sequence[str], names: Sequence[str], notes: str) -> str:
    """The level without a coefficient, else the one that the notes name, else the first."""
    absent = [level for level in levels if not any(f"{column}{level}" in name.split(":") for name in names)]
    stated = re.search(rf"\b{re.escape(column)}(?: reference level)?\s*=\s*([\w-]+)", notes)
    if len(absent) == 1:
        return absent[0]
    if stated and stated[1] in levels:
        return stated[1]
    return "resident" if "resident" in levels else levels[0]


def _coded(
    table: pd.DataFrame, column: str, names: Sequence[str], notes: str
) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Treatment contrasts of a column, or the column itself if it is a number in the model."""
    values = table[column]
    as_levels = any(name.startswith(column) and name != column for part in names for name in part.split(":"))
    if pd.api.types.is_numeric_dtype(values) and not as_levels:
        return {column: values.to_numpy(float)}
    labels = values.astype(str)
    levels = sorted(labels.unique())
    if pd.api.types.is_numeric_dtype(values):
        levels = [str(level) for level in sorted(values.unique())]
    reference = _reference(column, levels, names, notes)
    return {f"{column}{level}": (labels == level).to_numpy(float) for level in levels if level != reference}


def design(
    table: pd.DataFrame, fixed: Sequence[tuple[str, ...]], names: Sequence[str], notes: str
) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float64]], list[str]]:
    """Covariates and their names as R writes them."""
    columns: dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]] = {}
    for term in fixed:
        coded = [_coded(table, column, names, notes) for column in term]
        # R lets the first factor of an interaction vary fastest.
        for choice in product(*[list(part) for part in reversed(coded)]):
            chosen = choice[::-1]
            columns[":".join(chosen)] = np.prod([c[n] for c, n in zip(coded, chosen, strict=True)], axis=0)
    matrix = np.column_stack(list(columns.values())) if columns else np.empty((len(table), 0))
    return matrix, list(columns)


def labels(table: pd.DataFrame, effect: str) -> "pd.Series[str]":
    """Labels of a random intercept, possibly of several columns."""
    joined: pd.Series[str] = table[effect.split(":")].astype(str).agg(":".join, axis=1)
    return joined
