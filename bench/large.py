"""One large fit in this process, with its time and peak memory as JSON: ``python -m bench.large linear``."""

import json
import sys
import time
from collections.abc import Iterable

import numpy as np
import pandas as pd

from analysis.mixed.contrasts import contrast_test
from analysis.mixed.linear import fit_linear_mixed
from analysis.ordinal.mixed import fit_cumulative_link_mixed
from bench.studies import ratings
from bench.timing import peak_bytes

LINEAR_ROWS, LINEAR = 73_000, {"vignette": 3_000, "rater": 1_100}
ORDINAL_ROWS, ORDINAL = 33_000, {"vignette": 500, "responder": 6, "rater": 40}


def linear(table: pd.DataFrame, arm: np.ndarray, factors: Iterable[str]) -> float:
    """Fit and test a linear mixed model; return the estimate, as a sign that work was done."""
    x = np.column_stack([np.ones(len(table)), arm])
    fit = fit_linear_mixed(table["score"], x, {name: table[name] for name in factors})
    found = contrast_test(fit, [0.0, 1.0]).estimate
    return float("nan") if found is None else found


def ordinal(table: pd.DataFrame, arm: np.ndarray, factors: Iterable[str]) -> float:
    """Fit a cumulative link mixed model; return the log odds ratio."""
    fit = fit_cumulative_link_mixed(table["score"], arm[:, None], {name: table[name] for name in factors})
    return float(fit.beta[0])


FITS = {"linear": (linear, LINEAR_ROWS, LINEAR), "ordinal": (ordinal, ORDINAL_ROWS, ORDINAL)}


def main(name: str) -> None:
    """Print seconds, bytes and the estimate."""
    work, rows, sizes = FITS[name]
    table, arm = ratings(rows, sizes)
    started = time.perf_counter()
    estimate = work(table, arm, sizes)
    print(json.dumps({"seconds": time.perf_counter() - started, "bytes": peak_bytes(), "estimate": estimate}))


if __name__ == "__main__":
    main(sys.argv[1])
