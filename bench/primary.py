"""Times the primary analysis over many simulated studies at once: ``python -m bench.primary [studies]``."""

import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the analysis runs; it must be set before numpy loads

import numpy as np

from analysis.primary import two_way_random_t

RESIDENTS, RATERS, SEED, ROUNDS = 30, 4, 20_260_101, 7
MARGIN = 0.5


def simulate(studies: int) -> np.ndarray:
    """Differences of model and resident, shape (studies, residents, raters), in points of the 1-5 scale."""
    rng = np.random.default_rng(SEED)
    resident = rng.normal(0.3, 0.8, size=(studies, RESIDENTS, 1))
    rater = rng.normal(0.0, 0.2, size=(studies, 1, RATERS))
    return np.rint(resident + rater + rng.normal(0.0, 0.7, size=(studies, RESIDENTS, RATERS)))


def main(studies: int) -> None:
    """Print the best of several rounds, and the share of rejections as a sign that work was done."""
    differences = simulate(studies)
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        result = two_way_random_t(differences, margin=MARGIN)
        seconds.append(time.perf_counter() - started)
    best = min(seconds)
    power = float(np.mean(result.p_superior < 0.025))
    print(f"two_way_random_t: {studies} studies of {RESIDENTS} residents x {RATERS} raters")
    each = best / studies * 1e6
    print(f"best of {ROUNDS}: {best * 1000:.1f} ms, {each:.1f} µs a study; {power:.3f} superior")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
