"""Scores of many simulated studies of one design at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.power.design import Design
from analysis.power.scale import latent_means
from analysis.schema import DIMENSIONS, LEVELS

Scores = NDArray[np.float32]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Studies:
    """Scores of simulated studies; NaN where a rater did not score a response.

    Attributes
    ----------
    models : ndarray, shape (dimensions, studies, models, vignettes, raters)
    residents : ndarray, shape (dimensions, studies, levels, responses, raters)
    vignette, resident : ndarray of int, shape (responses,)
        Vignette and resident of each response of a level; the responses of a resident are neighbours.
    """

    models: Scores
    residents: Scores
    vignette: Indices
    resident: Indices


class Effects:
    """Normal effects, equicorrelated over the dimensions, which are the first axis."""

    def __init__(self, rng: np.random.Generator, dimensions: int, correlation: float) -> None:
        self.rng, self.dimensions = rng, dimensions
        self.shared, self.own = np.float32(np.sqrt(correlation)), np.float32(np.sqrt(1 - correlation))

    def draw(self, deviation: float, *shape: int) -> Scores:
        """Effects of shape (dimensions, *shape)."""
        values = self.rng.standard_normal((self.dimensions, *shape), dtype=np.float32)
        if self.shared:
            values *= self.own
            values += self.shared * self.rng.standard_normal((1, *shape), dtype=np.float32)
        values *= np.float32(deviation)
        return values


def allocation(design: Design) -> tuple[Indices, Indices]:
    """Vignette and resident of each response of a level: residents take the vignettes in turn."""
    slot = np.arange(design.slots)
    return slot % design.vignettes, slot // design.vignettes_per_resident


def assigned(design: Design) -> NDArray[np.bool_]:
    """Which rater scores the responses to which vignette, shape (vignettes, raters): in turn."""
    first = np.arange(design.vignettes)[:, None] * design.raters_per_response
    place = (np.arange(design.raters)[None, :] - first) % design.raters
    return np.asarray(place < design.raters_per_response)


def _means(design: Design, dimensions: tuple[str, ...]) -> tuple[Scores, Scores]:
    """Latent means of the models, shape (dimensions,), and of the residents, shape (dimensions, levels)."""
    pairs = [latent_means(design, dimension) for dimension in dimensions]
    residents = [[by_level[level] for level in LEVELS] for _, by_level in pairs]
    return np.array([m for m, _ in pairs], np.float32), np.array(residents, np.float32)


def _leanings(effects: Effects, design: Design, studies: int, arms: int) -> Scores:
    """Rater-by-source effects of the arms of one kind, shape (dimensions, studies, arms, 1, raters)."""
    sources = arms if design.source == "arm" else 1
    return effects.draw(design.deviations.rater_source, studies, sources, 1, design.raters)


def _drop(rng: np.random.Generator, design: Design, scores: Scores, judged: NDArray[np.bool_]) -> None:
    if not judged.all():
        scores[..., ~judged] = np.nan
    if design.missing > 0:
        scores[rng.random(scores.shape, dtype=np.float32) < design.missing] = np.nan


@dataclass(frozen=True)
class _Shared:
    """Effects that both sides share, by dimension, study, arm (one), vignette and rater."""

    vignette: Scores
    rater: Scores


def _model_latents(design: Design, effects: Effects, n: int, shared: _Shared, mean: Scores) -> Scores:
    d, v, r = design.deviations, design.vignettes, design.raters
    latent = effects.draw(d.residual, n, design.models, v, r)
    latent += effects.draw(d.response, n, design.models, v, 1)
    latent += _leanings(effects, design, n, design.models)
    latent += shared.vignette + shared.rater + mean[:, None, None, None, None]
    return latent


def _resident_latents(
    design: Design, effects: Effects, n: int, shared: _Shared, mean: Scores, levels: int
) -> Scores:
    d, r = design.deviations, design.raters
    vignette, resident = allocation(design)
    latent = effects.draw(d.residual, n, levels, design.slots, r)
    latent += effects.draw(d.response, n, levels, design.slots, 1)
    latent += effects.draw(d.resident, n, levels, design.residents_per_level, 1)[..., resident, :]
    latent += _leanings(effects, design, n, levels)
    latent += shared.vignette[..., vignette, :] + shared.rater
    latent += mean[:, None, :levels, None, None]
    return latent


def simulate(
    design: Design,
    studies: int,
    rng: np.random.Generator,
    *,
    dimensions: tuple[str, ...] = DIMENSIONS,
    levels: int = len(LEVELS),
) -> Studies:
    """Draw studies of a design.

    A latent value is the arm's mean plus the effects of vignette, response, resident (residents only),
    rater, rater by source, and residual; the cut points turn it into a score.

    Parameters
    ----------
    design : Design
    studies : int
    rng : numpy.random.Generator
    dimensions : tuple of str
    levels : int
        Number of the first resident levels to draw.
    """
    d, n = design.deviations, studies
    model_mean, resident_mean = _means(design, dimensions)
    effects = Effects(rng, len(dimensions), design.correlation)
    vignettes = effects.draw(d.vignette, n, 1, design.vignettes, 1)
    shared = _Shared(vignettes, effects.draw(d.rater, n, 1, 1, design.raters))
    models = design.scale.scores(_model_latents(design, effects, n, shared, model_mean))
    people = design.scale.scores(_resident_latents(design, effects, n, shared, resident_mean, levels))
    judged, (vignette, resident) = assigned(design), allocation(design)
    _drop(rng, design, models, judged)
    _drop(rng, design, people, judged[vignette])
    return Studies(models, people, vignette, resident)


def differences(studies: Studies) -> Scores:
    """Model minus resident per response and rater, by dimension, study, model, level, response and rater."""
    left = studies.models[..., studies.vignette, :]
    return np.asarray(left[:, :, :, None] - studies.residents[:, :, None])
