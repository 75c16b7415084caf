"""Before the data lock no statistic by arm exists anywhere, for anyone: on no page, in no file.

The ratings are planted: each arm has means that come from nowhere else. Then each role crawls the site.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from itertools import combinations
from pathlib import Path
from statistics import mean

import pytest
from django.core.management import call_command
from django.db.models import QuerySet
from django.test import Client

from study.participants.models import Participant, Person, Role
from study.participants.tokens import create_token
from study.protocol.models import Study
from study.protocol.rubric import DIMENSION_CODES
from study.ratings.models import Assignment
from study.ratings.services import save_rating
from tests.blinding.world import AUTHORS
from tests.builders import NOW, PASSWORD, members, participant
from tests.datasets.world import lead
from tests.noninterference.crawl import Rater, Visit, addresses
from tests.noninterference.world import places_of
from tests.protocol.attacks import sql
from tests.ratings.world import RATING, opened_study

pytestmark = pytest.mark.django_db
# Twelve ratings per arm: sums that are no multiple of 3 give means with endless digits.
LOWEST = {"PGY1": 25, "PGY2": 29, "model-1": 37, "model-2": 41}
SECONDS = {"PGY1": 131, "PGY2": 257, "model-1": 389, "model-2": 517}


@pytest.fixture
def study() -> Study:
    study = opened_study(vignettes=3, raters=4)
    for role in (Role.CUSTODIAN, Role.AUDITOR):
        participant(study, role, f"{role}@example.org")
    author_of = {item: author for (author, _), item in places_of(study).items()}
    for author in AUTHORS:
        rows = Assignment.objects.filter(item__in=[item for item, who in author_of.items() if who == author])
        _rate(author, rows.select_related("rater").order_by("pk"))
    return study


def _rate(author: str, rows: QuerySet[Assignment]) -> None:
    number = rows.count()
    for place, assignment in enumerate(rows):
        low, more = divmod(LOWEST[author], number)
        scores = dict.fromkeys(DIMENSION_CODES, low + (place < more))
        judgement = replace(RATING, scores=scores, active_seconds=SECONDS[author] + place / 7)
        save_rating(assignment=assignment, participant=assignment.rater, judgement=judgement, now=NOW)


def statistics() -> set[str]:
    """Return every mean by arm and every difference of two, as a page or a file may print it."""
    scores = {author: total / 12 for author, total in LOWEST.items()}
    times = {author: mean(first + place / 7 for place in range(12)) for author, first in SECONDS.items()}
    values = [*scores.values(), *times.values()]
    values += [abs(one - other) for one, other in combinations(scores.values(), 2)]
    printed = {f"{value:.{digits}f}" for value in values for digits in (2, 3, 4)}
    return {text for text in printed if text.rstrip("0")[-1] != "." and len(text) >= 4}


def found_in(content: bytes) -> list[str]:
    """Return the statistics in these bytes; a longer number is another number, unless its digits go on."""
    text = content.decode("utf-8", "replace")
    return sorted(word for word in statistics() if re.search(rf"(?<![\d.]){re.escape(word)}", text))


def crawled(study: Study, member: Participant) -> Iterator[tuple[str, bytes]]:
    visit = Visit()
    browser = Rater(visit, study, member)
    browser.follow(60)
    for address in addresses(study.slug):
        browser.ask("GET", address)
    for answer in visit.answers:
        yield answer.request, answer.every_byte


@pytest.mark.parametrize("role", Role)
def test_no_page_shows_a_role_a_statistic_by_arm(study: Study, role: Role) -> None:
    seen = list(crawled(study, members(study, role)[0]))
    assert len(seen) > 40
    assert [(request, word) for request, body in seen for word in found_in(body)] == []


def test_no_page_shows_an_administrator_a_statistic_by_arm(study: Study) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(Person.objects.create_superuser("root@example.org", PASSWORD))
    bodies = [client.get(address).content for address in addresses(study.slug)]
    assert [word for body in bodies for word in found_in(body)] == []


def test_no_program_gets_a_statistic_by_arm(study: Study) -> None:
    token = create_token(person=lead(), label="Crawl", now=NOW)
    client = Client(raise_request_exception=False)
    paths = [address for address in addresses(study.slug) if address.startswith("/api/")]
    paths += [
        f"/api/v1/studies/trial/exports/{name}" for name in ("results.json", "dataset.zip", "arms.json")
    ]
    answers = [client.get(path, headers={"Authorization": f"Bearer {token.text}"}) for path in paths]
    assert {answer.status_code for answer in answers} >= {200, 409}
    assert [word for answer in answers for word in found_in(answer.content)] == []


def test_no_personal_copy_holds_a_statistic_by_arm(study: Study, tmp_path: Path) -> None:
    for member in study.participants.select_related("person"):
        call_command("export_person", member.person.email, out=tmp_path / str(member.pk), stdout=StringIO())
    files = list(tmp_path.rglob("*.*"))
    assert len(files) > 20
    assert [(path.name, word) for path in files for word in found_in(path.read_bytes())] == []


@pytest.mark.parametrize("command", [["verify_audit"], ["verify_audit", "--heads"], ["worker_health"]])
def test_no_command_prints_a_statistic_by_arm(study: Study, command: list[str]) -> None:
    out = StringIO()
    try:
        call_command(*command, stdout=out, stderr=out)
    except SystemExit:  # findings: people of these tests come without an event
        assert out.getvalue()
    assert found_in(out.getvalue().encode()) == []


def test_no_table_of_the_database_holds_one_and_no_file_lies_in_the_exports(
    study: Study, exports: Path
) -> None:
    stored = ("study_frozendataset", "study_analysisrun")
    assert [sql(f"SELECT count(*) FROM {table}")[0][0] for table in stored] == [0, 0]
    assert not exports.exists() or not list(exports.iterdir())


@pytest.mark.parametrize("text", ["mean 2.083", "<td>3.42</td>", '{"pgy1": 2.0833333}', "131.79 s"])
def test_a_statistic_is_found_however_it_is_printed(text: str) -> None:
    assert found_in(text.encode())


def test_the_planted_means_are_those_of_the_ratings(study: Study) -> None:
    author_of = {item: author for (author, _), item in places_of(study).items()}
    by_author: dict[str, list[int]] = {author: [] for author in AUTHORS}
    for assignment in Assignment.objects.filter(item__study=study).prefetch_related("ratings__scores"):
        rating = assignment.ratings.all()[0]
        by_author[author_of[assignment.item_id]].append(rating.scores.all()[0].value)
    assert {author: sum(values) for author, values in by_author.items()} == LOWEST
