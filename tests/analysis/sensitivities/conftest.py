"""One contrast of a simulated study as every sensitivity sees it."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.contrasts import contrast_faults, contrast_record, plan_contrast
from analysis.dataset import load_dataset
from analysis.plan import default_plan
from analysis.sensitivities.findings import Study, Subject
from tests.analysis.conftest import SMALL
from tests.analysis.simulate import simulate_study, write_dataset

PLAN = default_plan(["model-a"], simulated=True)
DIMENSION = "medication_safety"


def as_subject(dataset, plan=PLAN, level="PGY1"):
    """The lead model against one level on one dimension."""
    study = Study(dataset, plan)
    contrast = plan_contrast(dataset, plan.lead_model, level)
    scores = study.scores(DIMENSION)
    compared = contrast_record(contrast, scores, DIMENSION, plan)
    return Subject(
        study=study,
        dimension=DIMENSION,
        first=contrast.first_responders,
        second=contrast.second_responders,
        blocks=contrast.blocks,
        differences=compared.differences,
        primary=compared.test,
        margin=plan.margins[DIMENSION],
        faults_of=lambda left: contrast_faults(contrast, left, plan),
    )


@pytest.fixture(scope="session")
def frames():
    """Tables of a small study in which lengths, times and orders vary."""
    rng = np.random.default_rng(5)
    study = simulate_study(rng, replace(SMALL, effects={"model-a": 0.5}))
    study["responses"]["words"] = rng.integers(40, 160, len(study["responses"]))
    keys = study["ratings"][["response", "rater"]].drop_duplicates()
    keys = keys.assign(active_seconds=rng.gamma(3, 8, len(keys)).round(1))
    keys["position"] = keys.groupby("rater")["response"].transform(lambda own: rng.permutation(len(own)) + 1)
    ratings = study["ratings"].drop(columns=["active_seconds", "position"])
    return study | {"ratings": ratings.merge(keys, on=["response", "rater"])}


@pytest.fixture
def subject_of(tmp_path):
    """Writes tables as a dataset, reads it, and gives the contrast."""

    def build(tables, plan=PLAN):
        write_dataset(tmp_path / "data", tables, SMALL, plan)
        return as_subject(load_dataset(tmp_path / "data"), plan)

    return build


@pytest.fixture
def subject(subject_of, frames):
    """The contrast of the complete study."""
    return subject_of(frames)
