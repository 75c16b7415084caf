"""Files of ratings, and the command run on them."""

import contextlib
import functools
import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.__main__ import main

REAL = Path(__file__).parent / "data" / "vanveen_chq.csv"
PAIRED = ("--paired-scores", "--scale", "-10", "10")


@dataclass(frozen=True)
class Outcome:
    """Exit status, both streams and the folder of one run."""

    status: int
    out: str
    err: str
    folder: Path

    @property
    def results(self):
        """Content of results.json."""
        return json.loads((self.folder / "results.json").read_text(encoding="utf-8"))

    @property
    def report(self):
        """The page."""
        return (self.folder / "report.html").read_text(encoding="utf-8")


def study(
    vignettes=12, arms=(("model", 1), ("doctors", 6)), raters=4, dimensions=("correctness",), score=None
):
    """A crossed file in which the responders of an arm share its vignettes in turn."""
    rng = np.random.default_rng(5)
    draw = score or (lambda _: int(rng.integers(2, 6)))
    rows = [
        (f"v{v:02d}", f"{arm}-{v % count}", arm, f"r{r}", dimension, draw(arm))
        for dimension in dimensions
        for v in range(vignettes)
        for arm, count in arms
        for r in range(raters)
    ]
    return pd.DataFrame(rows, columns=["vignette", "responder", "arm", "rater", "dimension", "score"])


def run_quick(folder, data, *options, draws="199"):
    """Run the command on a frame, text, bytes or path; the output goes to `folder`/out."""
    path = folder / "ratings.csv"
    if isinstance(data, pd.DataFrame):
        data.to_csv(path, index=False)
    elif isinstance(data, Path):
        path = data
    else:
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(["quick", str(path), "--out", str(folder / "out"), "--draws", draws, *options])
    return Outcome(status, out.getvalue(), err.getvalue(), folder / "out")


@pytest.fixture
def quick(tmp_path):
    """`run_quick` in a folder of the test's own."""
    return functools.partial(run_quick, tmp_path)


@pytest.fixture(scope="session")
def real(tmp_path_factory):
    """Results of the real reader study."""
    return run_quick(tmp_path_factory.mktemp("quick"), REAL, *PAIRED).results
