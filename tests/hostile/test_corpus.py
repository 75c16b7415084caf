"""A hostile file is refused with the project's own clear words, or is harmless text and kept as it is."""

import pytest

from tests.hostile.corpus import EITHER, KEPT, REFUSED, cases
from tests.hostile.doors import Door, doors
from tests.hostile.outcomes import outcome

LEAST_FILES = 500


def test_the_corpus_is_large_and_every_door_lets_its_valid_file_in() -> None:
    names = [str(case) for case in cases()]
    assert len(set(names)) >= LEAST_FILES
    for door in doors():
        assert door.slot in door.valid
        assert door.read(door.valid)


@pytest.mark.parametrize("door", doors(), ids=lambda door: door.name)
def test_every_hostile_file_is_refused_clearly_or_kept_exactly(door: Door) -> None:
    """Of the files that may be either, every third: `python -m tests.hostile.measure` takes them all."""
    faults = {}
    for number, case in enumerate(cases()):
        is_taken = case.expected != EITHER or number % 3 == 0
        if case.door.name == door.name and is_taken and (fault := outcome(case, case.make()).fault):
            faults[case.name] = fault
    assert not faults


def test_the_same_corpus_is_made_every_time() -> None:
    first, second = ([(str(case), case.expected) for case in cases()] for _ in range(2))
    assert first == second
    assert {REFUSED, KEPT} <= {expected for _, expected in first}
