"""Simulated studies that several tests read."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from analysis.dataset import load_dataset
from analysis.plan import default_plan
from analysis.run import analyse
from tests.analysis.simulate import Study, simulate_study, write_dataset

STUDY = Study(effects={"model-a": 1.0, "model-b": 0.0})
SMALL = Study(vignettes=10, residents=5, models=("model-a",))


@pytest.fixture(scope="session", autouse=True)
def one_blas_thread():
    """Small matrices are many times slower on several threads of a shared machine."""
    with threadpool_limits(limits=1):
        yield


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
    return default_plan(list(STUDY.models), simulated=True)


@pytest.fixture(scope="session")
def results(dataset, plan):
    """Its results."""
    return analyse(dataset, plan)


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory):
    """A complete unblinded study of ten vignettes and one model."""
    folder = tmp_path_factory.mktemp("small") / "data"
    write_dataset(folder, simulate_study(np.random.default_rng(11), SMALL), SMALL)
    return folder


@pytest.fixture(scope="session")
def small_dataset(small_folder):
    """The same, read."""
    return load_dataset(small_folder)


@pytest.fixture(scope="session")
def small_plan():
    """The plan that was locked for it."""
    return default_plan(list(SMALL.models), simulated=True)
