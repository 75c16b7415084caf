import pytest
import yaml

from analysis.checking import PlanError
from analysis.power.design import Design, resized
from analysis.power.design_file import TEMPLATE, as_mapping, design_from, parse_design


def changed(**entries: object) -> str:
    return yaml.safe_dump({**yaml.safe_load(TEMPLATE), **entries})


def test_the_template_is_a_design_that_its_plain_form_gives_back() -> None:
    design = parse_design(TEMPLATE)
    assert design_from(as_mapping(design)) == design


def test_the_template_has_the_default_sizes() -> None:
    design = parse_design(TEMPLATE)
    default = Design()
    sizes = ("vignettes", "residents_per_level", "vignettes_per_resident", "models", "raters", "deviations")
    assert [getattr(design, name) for name in sizes] == [getattr(default, name) for name in sizes]


@pytest.mark.parametrize(
    ("entries", "path"),
    [
        ({"raters": 0}, "raters"),
        ({"surprise": 1}, "surprise"),
        ({"raters_per_response": 5}, "raters_per_response"),
        ({"vignettes_per_resident": 1}, "vignettes_per_resident"),
        ({"missing": "few"}, "missing"),
        ({"margins": {"medical_correctness": 0.5}}, "margins.medication_safety"),
        ({"true_differences": 2.5}, "true_differences.medical_correctness"),
        ({"true_differences": {"medical_correctness": 9}}, "true_differences.medication_safety"),
        ({"scale": {"mean": "low", "cut_points": [1, 2, 3, 4]}}, "scale.mean"),
        ({"scale": {"mean": 3, "cut_points": [1, 2, 2, 4]}}, "scale.cut_points"),
        ({"scale": {"mean": 3, "cut_points": [1, 2, 4]}}, "scale.cut_points"),
        ({"equivalence_alpha": 0.1}, "equivalence_alpha"),
        ({"curve": {"raters": 3}}, "curve.vignettes"),
    ],
)
def test_an_error_names_the_path_of_the_bad_key(entries: dict[str, object], path: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_design(changed(**entries))
    assert caught.value.path == path


def test_a_curve_over_vignettes_that_residents_cannot_share_is_refused() -> None:
    curve = {"raters": [], "vignettes": [60, 70], "true_difference": [], "studies": 10}
    with pytest.raises(PlanError) as caught:
        parse_design(changed(curve=curve))
    assert caught.value.path == "curve.vignettes[1]"


def test_more_vignettes_leave_the_residents_and_give_them_more_each() -> None:
    larger = resized(Design(), vignettes=60, raters=8)
    sizes = (larger.residents_per_level, larger.vignettes_per_resident, larger.raters_per_response)
    assert sizes == (15, 4, 8)


def test_text_that_is_no_yaml_is_refused_with_one_line() -> None:
    with pytest.raises(PlanError, match="not readable YAML") as caught:
        parse_design("raters: [")
    assert "\n" not in str(caught.value)
