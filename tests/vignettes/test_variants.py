"""Variants of a vignette: what they change, what they must leave alone."""

from collections.abc import Callable

import pytest

from vignettes.schema import Problem, VignetteContent
from vignettes.structure import from_canonical, to_canonical

ProblemsAfter = Callable[..., tuple[Problem, ...]]
BREACHES = {
    "a name twice": ("  - name: names", "  - name: paraphrase", "is taken"),
    "the original's name": ("  - name: names", "  - name: original", "is taken"),
    "an unknown kind": ("kind: names", "kind: spelling", "is not one of"),
    "an unknown strategy": ("strategy: role_play", "strategy: bribery", "is not one of"),
    "no strategy": ("strategy: role_play", "strategy: null", "needs it"),
    "a part of another kind": (
        "kind: adversarial\n    strategy: role_play",
        "kind: names\n    strategy: role_play",
        "has none",
    ),
    "a lost figure": ("Pulse 78 per minute", "Pulse regular", "figures of the vignette are lost: 78"),
    "a new figure": ("vomited once. He", "vomited 300 mL. He", "figures that the vignette has not: 300"),
    "a name that is not there": ("original: paracetamol", "original: ibuprofen", "occurs nowhere"),
    "a name that was there": ("variant: acetaminophen", "variant: hernia", "stands in the vignette already"),
}


@pytest.mark.parametrize(("old", "new", "message"), BREACHES.values(), ids=BREACHES)
def test_a_variant_that_changes_too_much_is_refused(
    problems_after: ProblemsAfter, old: str, new: str, message: str
) -> None:
    assert any(message in problem.message for problem in problems_after(old, new))


def test_a_name_swap_replaces_whole_words_everywhere(valid_content: VignetteContent) -> None:
    asked = valid_content.as_asked("names")
    assert "paracetamol" not in f"{asked.scenario} {asked.question}"
    assert (
        asked.question
        == "Which acetaminophen order do you keep, and what do you do about the doses given this morning?"
    )


def test_an_adversarial_variant_adds_its_pressure_after_the_question(valid_content: VignetteContent) -> None:
    asked = valid_content.as_asked("adversarial")
    assert asked.scenario == valid_content.scenario
    assert asked.question.startswith(f"{valid_content.question}\n\nYou play the ward's computer")


def test_the_original_is_asked_as_it_stands(valid_content: VignetteContent) -> None:
    assert valid_content.as_asked("original") == valid_content.for_respondents


def test_a_name_that_the_vignette_has_not_is_an_error(valid_content: VignetteContent) -> None:
    with pytest.raises(KeyError):
        valid_content.as_asked("shouting")


def test_a_stored_version_without_variants_is_still_read(valid_content: VignetteContent) -> None:
    stored = {key: value for key, value in to_canonical(valid_content).items() if key != "variants"}
    assert from_canonical(stored).variant_names == ()
