import numpy as np
import pytest
from scipy import stats

from analysis.calibration.names import BOOTSTRAP, FLIP, PANEL, PRATT, TWO_WAY
from analysis.calibration.scenarios import Scenario
from analysis.calibration.simple import this_panel, two_way, vignette_steps
from analysis.calibration.work import DIMENSION, payloads, run_work
from analysis.power.simulate import differences, simulate


def drawn(missing: float, studies: int = 4) -> np.ndarray:
    design = Scenario("default", 0.2, 0.3, "mid", missing, 0.0).design
    rng = np.random.default_rng(2)
    return differences(simulate(design, studies, rng, dimensions=DIMENSION, levels=1))[0, :, 0, 0].astype(
        float
    )


def test_this_panel_is_the_one_sample_t_over_residents() -> None:
    values = drawn(0.0)
    found = this_panel(values, 15, 0.25)
    means = values.reshape(4, 15, -1).mean(axis=2)
    expected = stats.ttest_1samp(means, 0.25, axis=1)
    np.testing.assert_allclose(found.two_sided, expected.pvalue)
    np.testing.assert_allclose(
        found.upper, stats.ttest_1samp(means, 0.25, axis=1, alternative="greater").pvalue
    )


def test_the_interval_holds_the_null_where_the_test_does_not_reject() -> None:
    found = two_way(drawn(0.0, 400), 15, 0.0)
    assert found.low is not None
    assert found.high is not None
    covered = (found.low <= 0) & (found.high >= 0)
    assert (covered == (found.two_sided > 0.05)).all()


def test_steps_are_whole_multiples_of_the_common_fraction_also_with_missing_scores() -> None:
    values = drawn(0.05, 1)[0]
    steps, denominator = vignette_steps(values, 0.5)
    np.testing.assert_allclose(steps / denominator, np.nanmean(values, axis=1) - 0.5)


@pytest.mark.parametrize(("missing", "first"), [(0.0, TWO_WAY), (0.05, PANEL)])
def test_a_block_counts_every_procedure_that_applies(missing: float, first: str) -> None:
    scenario = Scenario("5 residents", 0.4, 0.6, "ceiling", missing, -0.5)
    tally = run_work(payloads(scenario, "simple", 30)[0])
    names = list(dict.fromkeys(key.split("|")[0] for key in tally))
    assert names[0] == first
    assert names[-4:] == [PANEL, PRATT, FLIP, BOOTSTRAP]
    assert all(tally[f"{name}|studies"] == 30 for name in names)


def test_the_naive_tests_reject_more_than_the_primary_one_where_raters_lean() -> None:
    scenario = Scenario("default", 0.4, 0.3, "mid", 0.0, 0.0)
    tally = run_work(payloads(scenario, "simple", 200)[0])
    assert tally[f"{PRATT}|two_sided"] > 2 * tally[f"{TWO_WAY}|two_sided"]
