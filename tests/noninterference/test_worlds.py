"""Two worlds with the same texts and other authors: a rater can tell them apart by nothing."""

from collections.abc import Callable

import pytest
from django.db import transaction

from tests.noninterference.crawl import Visit, visit
from tests.noninterference.findings import canaries, canaries_in, differences, encoded
from tests.noninterference.swaps import count_changed, exchanges, swapped
from tests.noninterference.world import (
    AUTHORS,
    CANARIES,
    VIGNETTES,
    Place,
    Texts,
    WritingServer,
    build,
    excluded_places,
    own_texts,
    places_of,
)

pytestmark = pytest.mark.django_db
Seen = tuple[Visit, set[Place], dict[Place, int]]
LEAST_REQUESTS = 300
_reference: list[Seen] = []


def look(server: WritingServer, texts: Texts, number: int) -> Seen:
    """Return what raters get in a world, its places held fast, and who stands where; the world is undone."""
    point = transaction.savepoint()
    study = build(server, texts, models_first=number % 2 == 0, step_s=11 + number)
    seen = visit(study), excluded_places(study), places_of(study)
    transaction.savepoint_rollback(point)
    return seen


def reference(server: WritingServer) -> Seen:
    if not _reference:
        _reference.append(look(server, own_texts(), 1_000))
    return _reference[0]


def test_a_rater_gets_the_same_bytes_whoever_wrote(
    writing_server: WritingServer, world: int, record_property: Callable[[str, object], None]
) -> None:
    before, fixed, _ = reference(writing_server)
    texts = swapped(own_texts(), exchanges(world, fixed))
    after, _, _ = look(writing_server, texts, world)
    found = differences(before, after) + canaries(after)
    record_property("world", (len(after.answers), len(found)))
    assert count_changed(own_texts(), texts) >= 2
    assert found == []


def test_a_world_is_large_enough_and_half_of_it_is_guessed_addresses(writing_server: WritingServer) -> None:
    before, _, items = reference(writing_server)
    walked = sum(answer.walked for answer in before.answers)
    assert len(before.answers) >= LEAST_REQUESTS
    assert walked >= LEAST_REQUESTS // 2
    assert len(before.answers) - walked >= LEAST_REQUESTS // 2
    assert len(items) == len(AUTHORS) * VIGNETTES


def test_no_request_of_a_rater_breaks_the_site(writing_server: WritingServer) -> None:
    before, _, _ = reference(writing_server)
    assert [answer.request for answer in before.answers if answer.status >= 500] == []


def test_only_the_item_of_a_raters_own_site_keeps_its_author(writing_server: WritingServer) -> None:
    _, fixed, _ = reference(writing_server)
    assert fixed == {("PGY1", 1)}


def test_no_nonsense_word_reaches_a_rater(writing_server: WritingServer) -> None:
    before, _, _ = reference(writing_server)
    assert canaries(before) == []


@pytest.mark.parametrize("word", CANARIES)
def test_a_nonsense_word_is_found_in_every_encoding(word: str) -> None:
    for form in encoded(word.lower()):
        assert canaries_in(b"<p>before " + form + b" after</p>") == [word]
