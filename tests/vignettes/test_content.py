"""The shipped bank: complete, consistent in every figure, and nowhere approved."""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from vignettes.calculations import compute, is_consistent
from vignettes.check import CONTENT
from vignettes.schema import VignetteContent, load_file
from vignettes.structure import APINCH, SECTIONS, VERIFICATIONS

FILES = sorted(CONTENT.glob("*.yaml"))
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


@cache
def load(path: Path) -> VignetteContent:
    return load_file(path)


def test_the_bank_holds_the_vignettes_one_to_thirty() -> None:
    assert [path.stem for path in FILES] == [f"MS-{number:02d}" for number in range(1, 31)]


def test_the_bank_holds_193_key_points_of_which_122_are_critical() -> None:
    points = [point for path in FILES for point in load(path).key_points]
    assert (len(points), sum(point.critical for point in points)) == (193, 122)


def test_the_verification_of_the_key_points_is_that_of_the_sources() -> None:
    counts = Counter(point.verification for path in FILES for point in load(path).key_points)
    assert [counts[status] for status in VERIFICATIONS] == [138, 29, 26]


def test_one_critical_key_point_is_unverified() -> None:
    points = [point for path in FILES for point in load(path).key_points]
    assert sum(point.critical and point.verification == "unverified" for point in points) == 1


@pytest.mark.parametrize("letter", APINCH)
def test_every_letter_of_a_pinch_is_covered(letter: str) -> None:
    assert any(letter in load(path).strata.apinch for path in FILES)


@pytest.mark.parametrize("kind", ["none", "no_change", "decline", "partial"])
def test_every_kind_of_trap_occurs(kind: str) -> None:
    assert any(load(path).trap.kind == kind for path in FILES)


def test_no_two_vignettes_share_title_or_scenario() -> None:
    contents = [load(path) for path in FILES]
    assert len({content.title for content in contents}) == len(contents)
    assert len({content.scenario for content in contents}) == len(contents)


@every_file
def test_every_figure_of_a_vignette_recomputes(path: Path) -> None:
    for calculation in load(path).calculations:
        computed = compute(calculation.kind, calculation.inputs)
        assert is_consistent(
            kind=calculation.kind, computed=computed, stated=calculation.stated, decimals=calculation.decimals
        ), calculation


@every_file
def test_a_vignette_is_marked_as_not_approved(path: Path) -> None:
    assert load(path).clinical_approval == "not clinically approved"
    assert "\nclinical_approval: not clinically approved\n" in path.read_text(encoding="utf-8")


@every_file
def test_a_vignette_has_common_errors_as_somebody_would_write_them(path: Path) -> None:
    errors = load(path).common_errors
    assert all(error.answer_text and error.section in SECTIONS for error in errors)
    assert len({error.answer_text for error in errors}) == len(errors) >= 3


@every_file
def test_neither_respondents_nor_raters_are_shown_the_hidden_part(path: Path) -> None:
    content = load(path)
    shown = repr(content.for_respondents) + repr(content.for_raters)
    hidden = [error.answer_text for error in content.common_errors] + list(
        content.hidden.reference_answer.sections.values()
    )
    assert not [text for text in hidden if text in shown]
