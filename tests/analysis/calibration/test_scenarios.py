import pytest

from analysis.calibration.groups import GROUPS, jobs
from analysis.calibration.scenarios import DEFAULT, SIZES, Scenario, place, scenarios
from analysis.power.scale import latent_means


def test_the_grid_is_the_full_factorial_within_each_size() -> None:
    found = list(scenarios())
    assert len(found) == 4 * 3 * 2 * 2 * 2 * 3
    assert [place(scenario) for scenario in found] == list(range(len(found)))
    assert len({scenario.name for scenario in found}) == len(found)


def test_the_default_size_is_that_of_the_default_design() -> None:
    design = Scenario(DEFAULT, 0.2, 0.3, "mid", 0.0, 0.0).design
    assert (design.vignettes, design.residents_per_level, design.vignettes_per_resident) == (30, 15, 2)
    assert design.raters == 4


@pytest.mark.parametrize("size", SIZES)
def test_every_null_is_exact_in_points(size: str) -> None:
    for null in (-0.5, 0.0, 0.5):
        design = Scenario(size, 0.4, 0.6, "ceiling", 0.0, null).design
        model, residents = latent_means(design, "medical_correctness")
        points = design.scale.expected(model, design.model_deviation)
        other = design.scale.expected(residents["PGY1"], design.resident_deviation)
        assert points - other == pytest.approx(null, abs=1e-9)


def test_every_size_is_covered_by_a_primary_procedure_with_enough_studies() -> None:
    for scenario in scenarios():
        assert GROUPS["simple"].covers(scenario)
        assert GROUPS["engine"].covers(scenario) or scenario.missing == 0 or scenario.null != 0
    assert min(GROUPS[name].studies for name in ("simple", "engine", "tree")) >= 4_000


def test_jobs_come_group_by_group_with_the_default_size_first() -> None:
    found = list(jobs(["simple", "tree"], studies=5))
    assert [job.group for job in found] == ["simple"] * 288 + ["tree"] * 144
    assert found[0].scenario.size == DEFAULT
    assert {job.studies for job in found} == {5}
