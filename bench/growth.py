"""How the time grows with the number of ratings."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.agreement.chance_corrected import chance_corrected_agreement
from analysis.agreement.krippendorff import krippendorff_alpha
from analysis.paired.lattice import to_lattice
from analysis.paired.location import hodges_lehmann
from analysis.paired.signed_rank import signed_rank
from analysis.primary import two_way_random_t
from analysis.resampling.cluster import cluster_bootstrap, mean_of_totals, value_cells
from bench.large import linear, ordinal

RATINGS = (600, 6_000, 60_000)
RATERS, SIDES = 5, 4
CATEGORIES = [1, 2, 3, 4, 5]
EFFECTS = ("vignette", "rater", "response")


def _scores(ratings: int) -> np.ndarray:
    """Scores of shape (vignettes, sides, raters)."""
    rng = np.random.default_rng(ratings)
    vignettes = ratings // (RATERS * SIDES)
    latent = (
        3.2
        + rng.standard_normal((vignettes, SIDES, 1))
        + 0.7 * rng.standard_normal((vignettes, SIDES, RATERS))
    )
    return np.clip(np.rint(latent), 1, 5)


def _rows(scores: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """One row per rating with its vignette, rater and response, and whether it is of the first side."""
    vignette, side, rater = (place.ravel() for place in np.indices(scores.shape))
    table = pd.DataFrame({"vignette": vignette, "rater": rater, "response": vignette * SIDES + side})
    return table.assign(score=scores.ravel()), (side == 0).astype(float)


def work(ratings: int) -> dict[str, Callable[[], object]]:
    """Each piece of work on a study of that many ratings of one dimension."""
    scores = _scores(ratings)
    d = scores[:, 0] - scores[:, 1]
    steps = to_lattice(d.mean(axis=1), RATERS)
    items = pd.DataFrame(scores.reshape(-1, RATERS)).to_numpy(float)
    cells, rows = value_cells(d.mean(axis=1)), _rows(scores)
    return {
        "primary t": lambda: two_way_random_t(d, margin=0.5),
        "signed rank, exact": lambda: signed_rank(steps),
        "Hodges-Lehmann with interval": lambda: hodges_lehmann(steps, RATERS),
        "bootstrap, 9,999 draws, BCa": lambda: cluster_bootstrap(
            cells, mean_of_totals, draws=9_999, rng=np.random.default_rng(1)
        ),
        "AC2": lambda: chance_corrected_agreement(items, CATEGORIES, "gwet", "quadratic"),
        "Krippendorff's alpha": lambda: krippendorff_alpha(items),
        "LMM with test, 3 effects": lambda: linear(*rows, EFFECTS),
        "CLMM, 3 effects": lambda: ordinal(*rows, EFFECTS),
    }
