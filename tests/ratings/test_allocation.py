"""The allocation: what it promises for every design, and balance over arms that it does not know."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from study.ratings.allocation import AllocationError, AllocationPlan, Item, allocate

FULL = [(f"item-{vignette:02}-{arm}", f"V{vignette:02}", 1) for vignette in range(30) for arm in range(4)]
SMALL = [(f"item-{vignette}-{arm}", f"V{vignette}", 1) for vignette in range(3) for arm in range(4)]


def plan(items: Sequence[Item], raters: int = 4, per_response: int = 4, **options: object) -> AllocationPlan:
    settings: dict[str, object] = {"spacing": 5, "seed": 1, **options}
    return allocate(
        items,
        range(1, raters + 1),
        settings.pop("exclusions", ()),
        raters_per_response=per_response,
        **settings,
    )  # type: ignore[arg-type]


@st.composite
def designs(draw: st.DrawFn) -> tuple[list[Item], int, int, int, int]:
    sizes = draw(st.lists(st.integers(1, 5), min_size=1, max_size=12))
    items = [(f"i{v}-{n}", f"V{v}", 1) for v, size in enumerate(sizes) for n in range(size)]
    per_response = draw(st.integers(1, 4))
    raters = draw(st.integers(per_response, 8))
    return items, raters, per_response, draw(st.integers(0, 8)), draw(st.integers(0, 2**40))


@given(designs())
def test_every_item_gets_its_raters_and_no_rater_meets_it_twice(
    design: tuple[list[Item], int, int, int, int],
) -> None:
    items, raters, per_response, spacing, seed = design
    rows = plan(items, raters, per_response, spacing=spacing, seed=seed).rows
    assert Counter(row.public_id for row in rows) == {item[0]: per_response for item in items}
    assert len({(row.rater, row.public_id) for row in rows}) == len(rows)


@given(designs())
def test_positions_of_a_rater_run_from_one_without_a_gap(
    design: tuple[list[Item], int, int, int, int],
) -> None:
    items, raters, per_response, spacing, seed = design
    positions = defaultdict(list)
    for row in plan(items, raters, per_response, spacing=spacing, seed=seed).rows:
        positions[row.rater].append(row.position)
    assert all(found == list(range(1, len(found) + 1)) for found in positions.values())


@given(designs())
def test_all_items_of_a_vignette_go_to_the_same_raters(design: tuple[list[Item], int, int, int, int]) -> None:
    items, raters, per_response, spacing, seed = design
    vignette = {item[0]: item[1] for item in items}
    found = defaultdict(set)
    for row in plan(items, raters, per_response, spacing=spacing, seed=seed).rows:
        found[row.public_id].add(row.rater)
    groups = defaultdict(set)
    for public_id, people in found.items():
        groups[vignette[public_id]].add(frozenset(people))
    assert all(len(group) == 1 for group in groups.values())


@given(designs(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(
    design: tuple[list[Item], int, int, int, int], shuffler: object
) -> None:
    items, raters, per_response, spacing, seed = design
    other = list(items)
    shuffler.shuffle(other)  # type: ignore[attr-defined]
    first = plan(items, raters, per_response, spacing=spacing, seed=seed)
    assert plan(other, raters, per_response, spacing=spacing, seed=seed) == first


@given(designs())
def test_the_load_of_the_raters_differs_by_at_most_one_largest_block(
    design: tuple[list[Item], int, int, int, int],
) -> None:
    items, raters, per_response, spacing, seed = design
    load = Counter(row.rater for row in plan(items, raters, per_response, spacing=spacing, seed=seed).rows)
    largest = max(Counter(item[1] for item in items).values())
    assert max(load.values()) - min(load[rater] for rater in range(1, raters + 1)) <= largest


@pytest.mark.parametrize("seed", range(20))
def test_the_default_design_keeps_its_spacing(seed: int) -> None:
    made = plan(FULL, seed=seed)
    assert made.spacing >= 5
    assert len(made.rows) == 480
    assert made.short == {}


@pytest.mark.parametrize("seed", range(20))
def test_uneven_vignettes_keep_the_spacing_too(seed: int) -> None:
    items = [item for index, item in enumerate(FULL) if index % 7]
    assert plan(items, seed=seed).spacing >= 5


@pytest.mark.parametrize(("vignettes", "reached"), [(3, 3), (2, 2), (1, 1)])
def test_a_small_study_gets_the_largest_spacing_there_is(vignettes: int, reached: int) -> None:
    assert plan(SMALL[: 4 * vignettes]).spacing == reached


@given(designs())
def test_the_stated_spacing_is_the_least_distance(design: tuple[list[Item], int, int, int, int]) -> None:
    items, raters, per_response, spacing, seed = design
    vignette = {item[0]: item[1] for item in items}
    made = plan(items, raters, per_response, spacing=spacing, seed=seed)
    places = defaultdict(list)
    for row in made.rows:
        places[row.rater, vignette[row.public_id]].append(row.position)
    gaps = [int(gap) for found in places.values() for gap in np.diff(sorted(found))]
    assert made.spacing == min(gaps, default=0)


def test_each_item_of_a_vignette_is_in_each_quarter_of_a_queue_once() -> None:
    quarters = defaultdict(list)
    for row in plan(FULL).rows:
        quarters[row.public_id].append((row.position - 1) // 30)
    assert all(sorted(found) == [0, 1, 2, 3] for found in quarters.values())


def test_exclusions_are_kept_and_short_items_named() -> None:
    made = plan(SMALL, exclusions=[("item-0-0", 1), ("item-1-2", 3)])
    met = {(row.public_id, row.rater) for row in made.rows}
    assert not met & {("item-0-0", 1), ("item-1-2", 3)}
    assert made.short == {"item-0-0": 3, "item-1-2": 3}


def test_a_spare_rater_takes_the_place_of_an_excluded_one() -> None:
    made = plan(SMALL, raters=5, exclusions=[("item-0-0", 1)])
    assert made.short == {}
    assert not [row for row in made.rows if row.rater == 1 and row.public_id.startswith("item-0")]


def test_an_item_that_nobody_may_rate_is_refused() -> None:
    with pytest.raises(AllocationError, match="to V0 without any rater"):
        plan(SMALL, exclusions=[("item-0-0", rater) for rater in range(1, 5)])


def test_too_few_raters_are_refused_with_the_numbers() -> None:
    with pytest.raises(AllocationError, match=r"4 raters are needed .* and there are 3"):
        plan(SMALL, raters=3)


def test_an_empty_study_is_refused() -> None:
    with pytest.raises(AllocationError, match="nothing to allocate"):
        plan([])


def test_a_rater_meets_one_wave_of_a_vignette() -> None:
    items = [(f"{v}-{wave}-{n}", f"V{v}", wave) for v in range(6) for wave in (1, 2, 3) for n in range(2)]
    met = defaultdict(set)
    for row in plan(items, raters=6, per_response=2).rows:
        vignette, wave, _ = row.public_id.split("-")
        met[row.rater, vignette].add(wave)
    assert all(len(waves) == 1 for waves in met.values())
    with pytest.raises(AllocationError, match="6 raters are needed"):
        plan(items, raters=5, per_response=2)


@pytest.mark.parametrize(("share", "asked"), [(0, 0), (0.25, 30), (0.5, 60), (1, 120)])
def test_the_guess_is_asked_on_the_planned_share(share: float, asked: int) -> None:
    counts = Counter(row.rater for row in plan(FULL, guess_share=share).rows if row.guess_asked)
    assert [counts[rater] for rater in range(1, 5)] == [asked] * 4


def test_another_seed_is_another_allocation() -> None:
    assert plan(FULL, seed=1).rows != plan(FULL, seed=2).rows


def test_positions_are_balanced_over_arms_that_the_function_does_not_know() -> None:
    """Three raters on four items: balance is left to chance, and chance must favour no arm."""
    counts = np.zeros((4, 12), dtype=int)
    for seed in range(2_000):
        for row in plan(SMALL, raters=3, per_response=3, seed=seed).rows:
            counts[int(row.public_id[-1]), row.position - 1] += 1
    assert stats.chi2_contingency(counts).pvalue > 0.001
    means = counts @ np.arange(1, 13) / counts.sum(axis=1)
    assert np.allclose(means, 6.5, atol=0.06)


def test_who_follows_whom_is_balanced_over_arms() -> None:
    follows: Counter[tuple[str, str]] = Counter()
    for seed in range(500):
        queues = defaultdict(list)
        for row in plan(SMALL, seed=seed).rows:
            queues[row.rater, row.public_id[5]].append(row.public_id[-1])
        for order in queues.values():
            follows.update(pairwise(order))
    counts = [follows[first, second] for first in "0123" for second in "0123" if first != second]
    assert stats.chisquare(counts).pvalue > 0.001


def test_the_guess_is_asked_equally_often_about_every_arm() -> None:
    asked: Counter[str] = Counter()
    for seed in range(500):
        asked.update(
            row.public_id[-1] for row in plan(SMALL, seed=seed, guess_share=0.5).rows if row.guess_asked
        )
    assert stats.chisquare([asked[arm] for arm in "0123"]).pvalue > 0.001
