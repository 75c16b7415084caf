"""Structures of the thresholds: theta = J alpha, with fewer parameters where the structure is restricted."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analysis.estimate import Array

STRUCTURES = ("flexible", "symmetric", "symmetric2", "equidistant")


@dataclass(frozen=True)
class ThresholdStructure:
    """How the K - 1 thresholds follow from their parameters.

    Attributes
    ----------
    jacobian : ndarray, shape (K - 1, q)
        theta = jacobian @ alpha.
    names : tuple of str
        Names of the q parameters.
    threshold_names : tuple of str
        ``"1|2"`` and so on, from the categories.
    """

    jacobian: Array
    names: tuple[str, ...]
    threshold_names: tuple[str, ...]

    def parameters(self, thresholds: Array) -> Array:
        """Least-squares parameters of a set of thresholds; exact where they have the structure."""
        return np.asarray(np.linalg.lstsq(self.jacobian, thresholds)[0], float)


def threshold_structure(categories: tuple[str, ...], kind: str = "flexible") -> ThresholdStructure:
    """The structure of a name for the categories of a score, lowest first.

    Parameters
    ----------
    categories : tuple of str
        At least two.
    kind : {"flexible", "symmetric", "symmetric2", "equidistant"}
        Free thresholds; symmetric about one or two central ones; symmetric about zero; a first threshold
        and one spacing.

    Raises
    ------
    ValueError
        For another kind.
    """
    count = len(categories) - 1
    labels = tuple(f"{low}|{high}" for low, high in pairwise(categories))
    if kind == "flexible" or (kind in STRUCTURES and count == 1 and kind != "symmetric2"):
        return ThresholdStructure(np.eye(count), labels, labels)
    if kind == "equidistant":
        jacobian = np.column_stack([np.ones(count), np.arange(float(count))])
        return ThresholdStructure(jacobian, ("threshold.1", "spacing"), labels)
    half = np.eye(count // 2)
    spread = np.vstack([-half[::-1], np.zeros((count % 2, count // 2)), half])
    if kind == "symmetric2":
        names = tuple(f"spacing.{i + 1}" for i in range(count // 2))
        return ThresholdStructure(np.asarray(spread, float), names, labels)
    if kind == "symmetric":
        return _symmetric(np.asarray(spread, float), labels)
    raise ValueError(f"thresholds must be one of {', '.join(STRUCTURES)}, not {kind!r}")


def _symmetric(spread: Array, labels: tuple[str, ...]) -> ThresholdStructure:
    count = len(spread)
    if count % 2:
        names = ("central", *(f"spacing.{i + 1}" for i in range(count // 2)))
        return ThresholdStructure(np.column_stack([np.ones(count), spread]), names, labels)
    # With an even number the innermost two thresholds are free, and the others mirror each other.
    lower = np.repeat([1.0, 0.0], count // 2)
    names = ("central.1", "central.2", *(f"spacing.{i + 1}" for i in range(count // 2 - 1)))
    outer = np.eye(count // 2)[:, 1:]
    # A spacing is the distance from the central threshold of its side.
    sides = np.vstack([-outer[::-1], outer])
    jacobian = np.column_stack([lower, 1 - lower, sides])
    return ThresholdStructure(np.asarray(jacobian, float), names, labels)
