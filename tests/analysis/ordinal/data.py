"""Simulated ordinal ratings for the tests of cumulative link models."""

import numpy as np
import pandas as pd

LIMITS = np.array([-2.5, -1.0, 0.6, 2.3])
NOISE = {
    "logit": lambda rng, n: rng.logistic(size=n),
    "probit": lambda rng, n: rng.standard_normal(n),
    "cloglog": lambda rng, n: np.log(rng.exponential(size=n)),
    "loglog": lambda rng, n: -np.log(rng.exponential(size=n)),
}


def crossed(seed=1, n=400, link="logit", effect=0.6, **sd):
    """Rows with the columns score and x and one column of labels per effect: name=(levels, sd)."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.integers(0, 2, n).astype(float)})
    eta = effect * frame["x"].to_numpy()
    for name, (levels, size) in sd.items():
        codes = rng.integers(0, levels, n)
        eta = eta + size * rng.standard_normal(levels)[codes]
        frame[name] = [f"{name}{code:03d}" for code in codes]
    return frame.assign(score=1 + np.searchsorted(LIMITS, eta + NOISE[link](rng, n)))


def slope_of(function, at, step=1e-5):
    """Central differences of a scalar function."""
    shifts = np.eye(len(at)) * step
    return np.array([(function(at + s) - function(at - s)) / (2 * step) for s in shifts])
