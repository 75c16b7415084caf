"""Simulated studies that several tests read."""

import numpy as np
import pytest

from analysis.dataset import load_dataset
from analysis.run import analyse
from tests.analysis.simulate import Study, simulate_study, write_dataset

STUDY = Study(effects={"model-a": 1.0, "model-b": 0.0})


@pytest.fixture(scope="session")
def study_folder(tmp_path_factory):
    """A complete unblinded study of the default size."""
    folder = tmp_path_factory.mktemp("study") / "data"
    write_dataset(folder, simulate_study(np.random.default_rng(11), STUDY), STUDY)
    return folder


@pytest.fixture(scope="session")
def dataset(study_folder):
    """The same, read."""
    return load_dataset(study_folder)


@pytest.fixture(scope="session")
def plan():
    """The plan that was locked for it."""
    from analysis.plan import default_plan

    return default_plan(list(STUDY.models), simulated=True)


@pytest.fixture(scope="session")
def results(dataset, plan):
    """Its results."""
    return analyse(dataset, plan)
