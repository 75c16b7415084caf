import numpy as np
import pytest

from analysis.calibration.mixed import HUMAN, MODEL, PROCEDURES, frames, mixed_procedure
from analysis.calibration.names import CLMM, LMM, REML
from analysis.calibration.scenarios import Scenario
from analysis.calibration.work import DIMENSION, payloads, run_work
from analysis.power.simulate import Studies, differences, simulate


def drawn(missing: float = 0.05) -> Studies:
    design = Scenario("default", 0.2, 0.3, "mid", missing, 0.0).design
    return simulate(design, 2, np.random.default_rng(2), dimensions=DIMENSION, levels=1)


def test_the_ratings_of_a_study_are_its_scores() -> None:
    studies = drawn()
    frame = next(frames(studies))
    assert len(frame) == np.isfinite(studies.models[0, 0]).sum() + np.isfinite(studies.residents[0, 0]).sum()
    means = frame.groupby("arm")["score"].mean()
    assert means[MODEL] == pytest.approx(np.nanmean(studies.models[0, 0, 0]), abs=1e-6)
    assert means[HUMAN] == pytest.approx(np.nanmean(studies.residents[0, 0, 0]), abs=1e-6)


@pytest.mark.parametrize("name", [REML, LMM])
def test_complete_tables_give_the_mean_of_the_differences(name: str) -> None:
    studies = drawn(missing=0.0)
    expected = differences(studies)[0, :, 0, 0].mean(axis=(1, 2))
    assert [row[0] for row in PROCEDURES[name](studies)] == pytest.approx(expected.tolist(), abs=1e-6)


@pytest.mark.parametrize("name", [REML, LMM, CLMM])
def test_every_study_is_estimable_and_counted(name: str) -> None:
    tally = mixed_procedure(name, drawn(), 0.0)
    assert tally[f"{name}|studies"] == tally[f"{name}|estimable"] == 2


def test_a_block_of_the_engine_is_reproducible() -> None:
    block = payloads(Scenario("default", 0.2, 0.3, "mid", 0.05, 0.0), "engine", 3)[0]
    assert run_work(block) == run_work(block)
