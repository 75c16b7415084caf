"""Simulated ratings of any size, and the work on whole studies."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.dataset import load_dataset
from analysis.power.blocks import Payload, payloads, run_block
from analysis.power.design import Design
from analysis.run import run
from tests.analysis.simulate import Study, simulate_study, write_dataset

MODELS = ("model-a", "model-b")


def simulated_thousand() -> Callable[[], object]:
    """1,000 studies of the default design: scores, every primary test and the tree, in this thread."""
    blocks: list[Payload] = payloads(Design(studies=1_000))
    return lambda: [run_block(block) for block in blocks]


def incomplete(studies: int) -> Callable[[], object]:
    """As many studies of the default design with 5 % of the scores missing, for their rate."""
    blocks = payloads(Design(studies=studies, missing=0.05))
    return lambda: [run_block(block) for block in blocks]


def whole_plan() -> Callable[[], object]:
    """The default plan on a frozen study of 30 vignettes: everything that `python -m analysis run` does."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    study = Study(models=MODELS)
    write_dataset(folder / "data", simulate_study(np.random.default_rng(11), study), study)
    load_dataset(folder / "data")
    return lambda: run(folder / "data", folder / "data" / "plan.yaml", folder / "out")


def ratings(rows: int, sizes: dict[str, int], seed: int = 5) -> tuple[pd.DataFrame, np.ndarray]:
    """Scores 1-5 with a crossed random effect for each named factor, and an arm indicator.

    Parameters
    ----------
    rows : int
    sizes : dict of str to int
        Levels of each factor.
    seed : int
    """
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({name: rng.permutation(np.arange(rows) % size) for name, size in sizes.items()})
    arm = rng.integers(0, 2, rows).astype(float)
    latent = 3.0 + 0.4 * arm + 0.7 * rng.standard_normal(rows)
    for name, size in sizes.items():
        latent += 0.4 * rng.standard_normal(size)[table[name]]
    table["score"] = np.clip(np.rint(latent), 1, 5)
    return table, arm
