import dataclasses
import json

import numpy as np
import pytest

from analysis.power.blocks import block_size, generator, is_true, merged, payloads, run_block, run_designs
from analysis.power.design import Design, with_difference
from analysis.power.workers import processes

SMALL = dataclasses.replace(
    Design(), vignettes=6, residents_per_level=3, models=1, raters=3, raters_per_response=3, studies=6_000
)


def unseen(_: int, __: int) -> None:
    return


def test_the_result_does_not_depend_on_the_number_of_workers() -> None:
    alone = list(run_designs([(SMALL, 6_000)], map, unseen))
    spread = list(run_designs([(SMALL, 6_000)], processes(2), unseen))
    assert len(payloads(SMALL)) >= 24
    assert alone == spread


def test_a_block_is_plain_json_in_both_directions() -> None:
    first = payloads(SMALL)[0]
    again = json.loads(json.dumps(first))
    assert run_block(again) == json.loads(json.dumps(run_block(first)))


def test_each_block_has_its_own_child_of_the_seed() -> None:
    children = np.random.SeedSequence(7).spawn(3)
    expected = [np.random.Generator(np.random.PCG64(child)).random() for child in children]
    assert [generator(7, block).random() for block in range(3)] == expected


def test_the_blocks_hold_all_studies_and_the_progress_sees_them() -> None:
    seen: list[tuple[int, int]] = []
    tally = next(run_designs([(SMALL, 301)], map, lambda done, total: seen.append((done, total))))
    assert tally["studies"] == 301
    assert seen[-1] == (301, 301)


def test_a_design_of_many_scores_has_smaller_blocks() -> None:
    assert block_size(Design(vignettes=120, vignettes_per_resident=8, raters=40)) < block_size(Design())


@pytest.mark.parametrize(
    ("claim", "value", "expected"),
    [
        ("superior", 0.0, False),
        ("superior", 0.1, True),
        ("non-inferior", -0.5, False),
        ("non-inferior", 0.0, True),
        ("equivalent", 0.4, True),
        ("equivalent", 0.5, False),
    ],
)
def test_a_claim_at_its_edge_is_false(claim: str, value: float, expected: bool) -> None:
    assert is_true(with_difference(Design(), value), claim, "medical_correctness") is expected


def test_tallies_add_up_key_by_key() -> None:
    assert merged([{"a": 1.0, "b": 2.0}, {"a": 3.0}]) == {"a": 4.0, "b": 2.0}
