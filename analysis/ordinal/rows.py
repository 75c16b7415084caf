"""Rows of an ordinal regression: categories, covariates and the levels of the random effects, checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.estimate import Array
from analysis.ordinal.links import InEta, InLimits, Link

Codes = NDArray[np.int64]
NO_EFFECT = -1
# Merging rows costs a sort; it pays from this share of repeated rows on.
_WORTH_MERGING = 0.8


class NotEstimableError(ValueError):
    """The model cannot be fitted to these rows; the message says why."""


@dataclass(frozen=True)
class Factor:
    """One random intercept.

    Attributes
    ----------
    name : str
        Of the effect.
    levels : tuple of str
        Labels, sorted.
    codes : ndarray of int, shape (n,)
        Level of each row, -1 where the row carries no effect of this factor.
    """

    name: str
    levels: tuple[str, ...]
    codes: Codes


@dataclass(frozen=True)
class OrdinalRows:
    """Checked rows, with identical ones merged where that pays.

    Attributes
    ----------
    category : ndarray of int, shape (m,)
        Index into `categories`.
    categories : tuple of str
        Observed categories, lowest first.
    x : ndarray, shape (m, p)
        Covariates, without an intercept.
    x_names : tuple of str
    weight : ndarray, shape (m,), or None
        How many rows each stands for; None if each stands for one.
    factors : tuple of Factor
    n : int
        Rows used.
    dropped : int
        Rows without a score or a covariate.
    unused : tuple of str
        Possible categories that no row has.
    """

    category: Codes
    categories: tuple[str, ...]
    x: Array
    x_names: tuple[str, ...]
    weight: Array | None
    factors: tuple[Factor, ...]
    n: int
    dropped: int
    unused: tuple[str, ...]

    @cached_property
    def values(self) -> Array | None:
        """The categories as numbers, or None if they are not numbers."""
        try:
            return np.array([float(label) for label in self.categories])
        except ValueError:
            return None

    def weighted(self, values: Array) -> Array:
        """Values of the rows times what each row stands for."""
        return values if self.weight is None else values * self.weight

    def limits(self, thresholds: Array, eta: Array) -> tuple[Array, Array]:
        """Upper and lower limit of each row's category, less the linear predictor."""
        padded = np.concatenate([[-np.inf], thresholds, [np.inf]])
        return padded[self.category + 1] - eta, padded[self.category] - eta

    def in_eta(self, link: Link, thresholds: Array, eta: Array) -> InEta:
        """`Link.in_eta` of each row, times what it stands for."""
        found = link.in_eta(*self.limits(thresholds, eta))
        return found if self.weight is None else InEta(*(self.weight * values for values in found))

    def in_limits(self, link: Link, thresholds: Array, eta: Array) -> InLimits:
        """`Link.in_limits` of each row, times what it stands for."""
        found = link.in_limits(*self.limits(thresholds, eta))
        return found if self.weight is None else InLimits(*(self.weight * values for values in found))

    def per_threshold(self, upper: Array, lower: Array) -> Array:
        """Sum row values over the thresholds: `upper` to the row's upper threshold, `lower` to its lower."""
        size = len(self.categories)
        above = np.bincount(self.category, upper, size)[:-1]
        return np.asarray(above + np.bincount(self.category, lower, size)[1:])


def _label(value: object) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _order(scores: pd.Series, categories: Sequence[object] | None) -> tuple[list[object], list[str]]:
    """Observed categories in order, and the possible ones that no row has."""
    seen = set(scores.unique())
    if categories is None:
        return sorted(seen), []
    outside = seen - set(categories)
    if outside:
        raise ValueError(f"score {min(outside, key=str)} is not one of the categories")
    return [value for value in categories if value in seen], [_label(v) for v in categories if v not in seen]


def _column(values: ArrayLike) -> "pd.Series[str]":
    """Values in their order; a plain array of texts would turn a missing one into the text "nan"."""
    return pd.Series(pd.Series(values).to_numpy())


def _factor(name: str, labels: ArrayLike, keep: NDArray[np.bool_]) -> Factor:
    column = _column(labels)
    if len(column) != len(keep):
        raise ValueError(f"random effect {name} has {len(column)} labels for {len(keep)} rows")
    codes, levels = pd.factorize(column[keep], sort=True, use_na_sentinel=True)
    if not len(levels):
        raise NotEstimableError(f"no row carries the random effect {name}")
    return Factor(name, tuple(_label(level) for level in levels), np.asarray(codes, np.int64))


def _pattern(columns: Sequence[NDArray[np.generic]]) -> Codes:
    """One integer per row that is equal where all columns are equal."""
    key = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        values, codes = np.unique(column, return_inverse=True)
        key = np.unique(key * len(values) + codes, return_inverse=True)[1].astype(np.int64)
    return key


def _usable(scores: pd.Series, x: Array, x_names: Sequence[str]) -> NDArray[np.bool_]:
    """Rows with a score and every covariate."""
    if x.ndim != 2 or len(x) != len(scores) or x.shape[1] != len(x_names):
        raise ValueError("x needs one row per score and one column per name")
    keep = np.asarray(scores.notna()) & ~np.isnan(x).any(axis=1)
    if not keep.any():
        raise NotEstimableError("no row has a score")
    return np.asarray(keep, bool)


def _check_design(x: Array, names: Sequence[str]) -> None:
    centred = x - x.mean(axis=0)
    scale = np.sqrt(np.square(centred).sum(axis=0))
    constant = [names[int(j)] for j in np.flatnonzero(scale <= 1e-10 * np.maximum(np.abs(x).max(axis=0), 1))]
    if constant:
        raise NotEstimableError(f"{constant[0]} is the same in every row, so the thresholds absorb it")
    if x.shape[1] and np.linalg.matrix_rank(centred / scale, tol=1e-8) < x.shape[1]:
        raise NotEstimableError("the covariates are linearly dependent")


def build_rows(
    score: ArrayLike,
    x: ArrayLike,
    factors: Mapping[str, ArrayLike],
    *,
    x_names: Sequence[str],
    categories: Sequence[object] | None = None,
) -> OrdinalRows:
    """Check scores, covariates and labels, and merge identical rows.

    Parameters
    ----------
    score : array_like, shape (n,)
        Ordered categories; rows without one are dropped.
    x : array_like, shape (n, p)
        Covariates without an intercept, p may be 0; rows with a missing one are dropped.
    factors : mapping of str to array_like, shape (n,)
        Labels per random effect; a missing label means that the row carries no effect of that factor.
    x_names : sequence of str
        Names of the covariates.
    categories : sequence, optional
        All possible categories, lowest first; without it the observed ones, sorted.

    Raises
    ------
    NotEstimableError
        If no row is left, fewer than two categories occur, or the covariates are not of full rank.
    ValueError
        If lengths differ or a score is not one of the categories.
    """
    scores, design = _column(score), np.asarray(x, float)
    keep = _usable(scores, design, x_names)
    observed, unused = _order(scores[keep], categories)
    if len(observed) < 2:
        raise NotEstimableError(f"all scores are {_label(observed[0])}, so nothing can be compared")
    design = design[keep]
    _check_design(design, x_names)
    codes = pd.Categorical(scores[keep], categories=observed, ordered=True).codes.astype(np.int64)
    rows = OrdinalRows(
        category=codes,
        categories=tuple(_label(value) for value in observed),
        x=design,
        x_names=tuple(x_names),
        weight=None,
        factors=tuple(_factor(name, labels, keep) for name, labels in factors.items()),
        n=int(keep.sum()),
        dropped=int((~keep).sum()),
        unused=tuple(unused),
    )
    return merge_rows(rows)


def merge_rows(rows: OrdinalRows, *, factors: bool = True) -> OrdinalRows:
    """Merge rows that are equal in all respects, or in all but the random effects, which are dropped."""
    kept = rows.factors if factors else ()
    key = _pattern([rows.category, *rows.x.T, *(factor.codes for factor in kept)])
    first = np.unique(key, return_index=True)[1]
    if len(first) > _WORTH_MERGING * len(key):
        first, weight = np.arange(len(key)), rows.weight
    else:
        weight = np.bincount(key, rows.weight).astype(float)
    return replace(
        rows,
        category=rows.category[first],
        x=rows.x[first],
        weight=weight,
        factors=tuple(Factor(f.name, f.levels, f.codes[first]) for f in kept),
    )
