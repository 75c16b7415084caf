"""How long a page takes tells nobody who wrote the response on it."""

import time
from collections.abc import Callable

import numpy as np
import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from scipy.stats import rankdata

from study.ratings.models import Assignment
from tests.noninterference.world import AUTHORS, WritingServer, build, even_texts, places_of, raters_of

pytestmark = pytest.mark.django_db
LARGEST_DISTANCE = 0.02


def area(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Return the area under the ROC curve and its standard error (Hanley & McNeil 1982, Radiology 143:29)."""
    n, m = len(one), len(other)
    ranks = rankdata(np.concatenate([one, other]))
    a = (ranks[:n].sum() - n * (n + 1) / 2) / (n * m)
    q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
    variance = (a * (1 - a) + (n - 1) * (q1 - a * a) + (m - 1) * (q2 - a * a)) / (n * m)
    return float(a), float(np.sqrt(variance))


def measured(server: WritingServer, requests: int) -> dict[str, np.ndarray]:
    """Return arm -> seconds of its pages; the arms take turns at random."""
    study = build(server, even_texts(), models_first=True, step_s=37)
    rater = raters_of(study)[0]
    author_of = {item: place[0] for place, item in places_of(study).items()}
    pages: dict[str, list[str]] = {author: [] for author in AUTHORS}
    for each in Assignment.objects.filter(rater=rater):
        address = reverse("rate-page", args=[study.slug, each.position])
        pages[author_of[each.item_id]].append(address)
    client = Client()
    client.force_login(rater.person)
    rng = np.random.default_rng(7)
    turns = rng.permutation(np.repeat(np.arange(len(AUTHORS)), requests))
    seconds: dict[str, list[float]] = {author: [] for author in AUTHORS}
    for turn in turns:
        author = AUTHORS[turn]
        address = pages[author][int(rng.integers(len(pages[author])))]
        started = time.perf_counter()
        client.get(address)
        seconds[author].append(time.perf_counter() - started)
    return {author: np.array(values) for author, values in seconds.items()}


def test_the_time_of_a_page_does_not_tell_the_arm(
    writing_server: WritingServer,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    requests = request.config.getoption("--timed-requests")
    point = transaction.savepoint()
    found = measured(writing_server, requests)
    transaction.savepoint_rollback(point)
    for author, own in found.items():
        others = np.concatenate([values for other, values in found.items() if other != author])
        value, error = area(own, others)
        record_property("timing", (author, len(own), value, error))
        # A short run shows that the measurement works; only a long one is precise enough to judge.
        assert requests < 1_000 or abs(value - 0.5) < LARGEST_DISTANCE
