"""Two worlds with the same texts and other authors: what a rater gets is the same, byte for byte."""

import re
from itertools import product

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from study.blinding.key import SealKey
from study.participants.models import Role
from study.protocol.models import Study
from study.ratings.models import Assignment
from study.responses.models import Response
from tests.blinding.world import AUTHORS, Texts, plain_texts
from tests.builders import members
from tests.ratings.world import FORM, opened_study

pytestmark = pytest.mark.django_db
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
TEXTS = plain_texts() | {("PGY1", 2): "**Bold** — and\n1. one\n2. two", ("model-2", 3): "plain words"}


def swapped(*pairs: tuple[str, str, int]) -> Texts:
    """Return the texts with author exchanged between two places of one vignette, written in another order."""
    texts = dict(TEXTS)
    for first, second, number in pairs:
        texts[first, number], texts[second, number] = texts[second, number], texts[first, number]
    return dict(reversed(texts.items()))


ALL = swapped(*product(["PGY1"], ["model-1"], [1, 2, 3]), *product(["PGY2"], ["model-2"], [1, 2, 3]))
WORLDS = {"every author": ALL, "one vignette": swapped(("PGY1", "model-2", 2)), "order only": swapped()}


def pages(client: Client, study: Study) -> list[tuple[int, str]]:
    """Return every answer that two raters get on their way through the first places, without form tokens."""
    answers = []
    for member in members(study, Role.RATER)[:2]:
        client.force_login(member.person)
        places = [reverse("rate-page", args=[study.slug, position]) for position in range(1, 13)]
        answers += [client.get(place) for place in places]
        for place in places[:3]:
            answers += [client.post(place, FORM), client.get(f"{place}guess/"), client.get(place)]
        answers.append(client.get(reverse("rate-queue", args=[study.slug])))
    return [(each.status_code, TOKEN.sub("", each.content.decode()) + str(each.headers)) for each in answers]


def visit(client: Client, texts: Texts) -> tuple[list[tuple[int, str]], list[str]]:
    """Return what raters get in a world, and who wrote what in it; the world is gone afterwards."""
    point = transaction.savepoint()
    study = opened_study(texts)
    seen = pages(client, study), authors(study)
    transaction.savepoint_rollback(point)
    return seen


def test_a_rater_sees_no_difference_between_worlds_with_other_authors(client: Client) -> None:
    seen, wrote = visit(client, TEXTS)
    for world, texts in WORLDS.items():
        other_seen, other_wrote = visit(client, texts)
        assert other_seen == seen, world
        assert (other_wrote == wrote) == (world == "order only")


def authors(study: Study) -> list[str]:
    """Return who wrote what stands at each place of the first queue: the worlds do differ."""
    queue = Assignment.objects.filter(rater=members(study, Role.RATER)[0]).order_by("position")
    responses = [SealKey.objects.get(item_id=each.item_id).response_id for each in queue]
    found = [Response.objects.get(pk=pk) for pk in responses]
    return [
        each.model_arm.name if each.model_arm else str(each.resident and each.resident.level)
        for each in found
    ]


def test_the_worlds_hold_every_author() -> None:
    assert {author for author, _ in TEXTS} == set(AUTHORS)
