import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.protocol.seeds import derive_seed
from study.responses.design import choose_vignettes


def _play(residents: int, vignettes: int, per_resident: int, seed: int) -> dict[int, int]:
    counts = dict.fromkeys(range(1, vignettes + 1), 0)
    for resident in range(residents):
        for vignette in choose_vignettes(counts, per_resident, np.random.default_rng([seed, resident])):
            counts[vignette] += 1
    return counts


def test_fifteen_residents_with_two_of_thirty_answer_each_vignette_exactly_once() -> None:
    for seed in range(50):
        assert set(_play(15, 30, 2, seed).values()) == {1}


@given(st.integers(1, 40), st.integers(1, 30), st.integers(1, 30), st.integers(0, 10**6))
def test_coverage_never_differs_by_more_than_one(
    residents: int, vignettes: int, per_resident: int, seed: int
) -> None:
    counts = _play(residents, vignettes, min(per_resident, vignettes), seed).values()
    assert max(counts) - min(counts) <= 1


def test_nobody_gets_a_vignette_twice() -> None:
    chosen = choose_vignettes(dict.fromkeys(range(10), 0), 10, np.random.default_rng(1))
    assert sorted(chosen) == list(range(10))


def test_ties_and_the_order_are_left_to_chance() -> None:
    counts = {1: 0, 2: 0, 3: 0}
    lists = [tuple(choose_vignettes(counts, 2, np.random.default_rng(seed))) for seed in range(600)]
    shares = [lists.count(pair) / 600 for pair in set(lists)]
    assert len(shares) == 6
    assert max(shares) < 0.23


def test_the_choice_depends_on_no_order_of_the_counts() -> None:
    forward = choose_vignettes({1: 0, 2: 0, 3: 1}, 2, np.random.default_rng(3))
    assert forward == choose_vignettes({3: 1, 2: 0, 1: 0}, 2, np.random.default_rng(3))


@pytest.mark.parametrize("per_resident", [0, 4])
def test_more_vignettes_than_there_are_or_none_are_refused(per_resident: int) -> None:
    with pytest.raises(ValueError, match="cannot be chosen"):
        choose_vignettes({1: 0, 2: 0, 3: 0}, per_resident, np.random.default_rng(0))


def test_seeds_are_the_same_everywhere_and_differ_by_name() -> None:
    assert derive_seed(7, "draw", "model-1", "MS-01", "original", 1, 1) == 1040027484
    assert len({derive_seed(7, "draw", number) for number in range(1000)}) == 1000


def test_names_cannot_run_into_each_other() -> None:
    assert derive_seed(1, "ab", "c") != derive_seed(1, "a", "bc")
