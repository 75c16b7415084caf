"""Every planted leak is caught: a comparison that has never caught anything proves nothing."""

from collections.abc import Callable
from contextlib import nullcontext

import pytest
from django.db import transaction

from tests.noninterference.crawl import Visit, visit
from tests.noninterference.findings import canaries, differences
from tests.noninterference.planted import PLANTED
from tests.noninterference.swaps import Exchange, swapped
from tests.noninterference.world import MODELS, Texts, WritingServer, build, own_texts

pytestmark = pytest.mark.django_db
LEAST_LEAKS = 30
FIRST, SECOND = MODELS
# All that may change places do, or a single pair: a count by arm stays the same when everything changes.
EVERYTHING: list[Exchange] = [
    *((("PGY2", number), (SECOND, number)) for number in (1, 2, 3)),
    *((("PGY1", number), (FIRST, number)) for number in (2, 3)),
]
ONE_PAIR: list[Exchange] = [(("PGY2", 1), (SECOND, 1))]
_seen: dict[str, list[Visit]] = {}


def visits(server: WritingServer) -> dict[str, list[Visit]]:
    """Return leak -> what a rater gets in the reference world and in the two others; built once."""
    if not _seen:
        for turn, exchanged in enumerate([[], EVERYTHING, ONE_PAIR]):
            _look_with_every_leak(server, swapped(own_texts(), exchanged), models_first=turn != 2)
    return _seen


def _look_with_every_leak(server: WritingServer, texts: Texts, *, models_first: bool) -> None:
    point = transaction.savepoint()
    study = build(server, texts, models_first=models_first, step_s=17)
    for name in ["none", *PLANTED]:
        if is_caught(_seen.setdefault(name, [])):
            continue
        again = transaction.savepoint()
        with PLANTED[name].plant() if name in PLANTED else nullcontext():
            _seen[name].append(visit(study, short=True))
        transaction.savepoint_rollback(again)
    transaction.savepoint_rollback(point)


def is_caught(seen: list[Visit]) -> bool:
    return any(canaries(each) or differences(seen[0], each) for each in seen)


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_leak_is_caught(
    writing_server: WritingServer, name: str, record_property: Callable[[str, object], None]
) -> None:
    caught = is_caught(visits(writing_server)[name])
    record_property("leak", caught)
    assert caught


def test_nothing_is_caught_where_nothing_leaks(writing_server: WritingServer) -> None:
    assert not is_caught(visits(writing_server)["none"])


def test_a_leak_stands_for_every_channel_that_can_be_planted() -> None:
    assert len(PLANTED) >= LEAST_LEAKS
