"""Blinding indices of several arms from single guesses: by arm, by rater, with a cluster bootstrap.

One rater guesses many times, and several raters guess about one vignette: both are resampled.

References
----------
Owen AB (2007). The pigeonhole bootstrap. Annals of Applied Statistics 1:386-411. doi:10.1214/07-AOAS122
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.blinding.indices import BlindingIndex, bang_index, james_index, james_values
from analysis.estimate import Array
from analysis.resampling.draws import resampled_totals, seeded_counts
from analysis.resampling.intervals import percentile


@dataclass(frozen=True)
class GuessCube:
    """Guess counts by rater, vignette, guess and arm, with the true source of each arm.

    Attributes
    ----------
    counts : ndarray, shape (raters, vignettes, sources + 1, arms)
        The last guess is "don't know".
    arms : tuple of str
    truth : tuple of int
        Index of each arm's true source among the guesses.
    raters : tuple of str
    """

    counts: Array
    arms: tuple[str, ...]
    truth: tuple[int, ...]
    raters: tuple[str, ...]


def guess_cube(
    rows: Sequence[tuple[str, str, str, str]], sources: Sequence[str], truth: Mapping[str, str]
) -> GuessCube:
    """Count guesses.

    Parameters
    ----------
    rows : sequence of (rater, vignette, arm, guess)
    sources : sequence of str
        The guesses that name a source, in order; any other guess is "don't know".
    truth : mapping of str to str
        True source of each arm.
    """
    raters = {name: i for i, name in enumerate(sorted({row[0] for row in rows}))}
    vignettes = {name: i for i, name in enumerate(sorted({row[1] for row in rows}))}
    arms = {name: i for i, name in enumerate(sorted(truth))}
    named = {name: i for i, name in enumerate(sources)}
    counts = np.zeros((len(raters), len(vignettes), len(sources) + 1, len(arms)))
    for rater, vignette, arm, guess in rows:
        counts[raters[rater], vignettes[vignette], named.get(guess, len(sources)), arms[arm]] += 1
    return GuessCube(counts, tuple(arms), tuple(named[truth[arm]] for arm in arms), tuple(raters))


def _bang_values(tables: Array, arm: int, truth: int) -> Array:
    column = tables[..., arm]
    named = column[..., :-1].sum(axis=-1)
    total = column.sum(axis=-1)
    undefined = np.full(total.shape, np.nan)
    return np.asarray(np.divide(2 * column[..., truth] - named, total, out=undefined, where=total > 0))


def _by_source(tables: Array, cube: GuessCube) -> Array:
    sources = tables.shape[-2] - 1
    merged = np.zeros((*tables.shape[:-1], sources))
    for arm, truth in enumerate(cube.truth):
        merged[..., truth] += tables[..., arm]
    return merged


def _bang_of_arms(table: Array, cube: GuessCube, confidence: float) -> dict[str, BlindingIndex]:
    found = {}
    for i, (arm, truth) in enumerate(zip(cube.arms, cube.truth, strict=True)):
        correct = int(table[truth, i])
        wrong = int(table[:-1, i].sum()) - correct
        found[arm] = bang_index(correct, wrong, int(table[-1, i]), confidence)
    return found


def bang_by_rater(cube: GuessCube, confidence: float = 0.95) -> dict[str, dict[str, BlindingIndex]]:
    """Bang's index of every arm within the guesses of each rater."""
    tables = cube.counts.sum(axis=1)
    return {rater: _bang_of_arms(tables[i], cube, confidence) for i, rater in enumerate(cube.raters)}


def _resampled_tables(cube: GuessCube, draws: int, seed: int) -> Array:
    raters, vignettes, *shape = cube.counts.shape
    cells = cube.counts.reshape(raters, vignettes, -1)
    totals = resampled_totals(cells, seeded_counts((raters, vignettes), draws, seed))
    return totals.reshape(draws, *shape)


def _with_cluster_interval(index: BlindingIndex, values: Array, confidence: float) -> BlindingIndex:
    if index.index is None:
        return index
    return replace(index, cluster_interval=percentile(values, confidence).interval)


def blinding_indices(
    cube: GuessCube, *, draws: int, seed: int, confidence: float = 0.95
) -> tuple[dict[str, BlindingIndex], BlindingIndex]:
    """Bang's index per arm and James' index over sources, each with a cluster-bootstrap interval.

    Parameters
    ----------
    cube : GuessCube
    draws, seed : int
        Of the bootstrap over raters and vignettes.
    confidence : float
    """
    table = cube.counts.sum(axis=(0, 1))
    bang = _bang_of_arms(table, cube, confidence)
    james = james_index(_by_source(table, cube), confidence)
    if table.sum() == 0:
        return bang, james
    resampled = _resampled_tables(cube, draws, seed)
    for i, (arm, truth) in enumerate(zip(cube.arms, cube.truth, strict=True)):
        bang[arm] = _with_cluster_interval(bang[arm], _bang_values(resampled, i, truth), confidence)
    return bang, _with_cluster_interval(james, james_values(_by_source(resampled, cube)), confidence)
