"""The page that reviews the trail: all of it after unblinding; before that, nothing of who wrote what."""

import ast
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from study.participants.models import Invitation, Role
from study.protocol.audit_blinding import BARE_ACTIONS, OPEN_ACTIONS, OPEN_TABLES, WITHHELD_ACTIONS
from study.protocol.audit_erasure import erase_history
from study.protocol.models import AuditEvent, RowChange, Study
from study.protocol.row_changes import AUDITED_TABLES
from study.protocol.transactions import locked_study, record_event
from study.responses.models import Response
from tests.architecture.sources import python_files, tree
from tests.builders import members, person
from tests.protocol.attacks import unguarded
from tests.protocol.trail import DRAFT, play, play_to, whole_study

pytestmark = pytest.mark.django_db
HEAD = re.compile(r"Head: <code>[^<]*</code>")


def page(client: Client, **query: object) -> str:
    client.force_login(person("lead@example.org"))
    answer = client.get("/studies/trial/audit/", query)
    assert answer.status_code == 200
    return str(answer.content, "utf-8").partition("<main")[2]


def listed(content: str) -> list[str]:
    """Return the actions of the listed events, from the page's top to its end."""
    return re.findall(r"<td><code>([a-z_.]+)</code>", content)


def test_answers_leave_no_trace_on_the_page_whatever_their_order_number_or_outcome(client: Client) -> None:
    """Whoever looks before and after sees the same bytes; only the head of the chain moves on."""
    steps = whole_study()
    for _ in range(DRAFT + 2):
        next(steps)()
    before = page(client)
    while not AuditEvent.objects.filter(action="responses.close_answering").exists():
        now = page(client)
        next(steps)()
    assert HEAD.sub("", now) == HEAD.sub("", before)
    assert Response.objects.count() > 2
    assert AuditEvent.objects.filter(action__in=WITHHELD_ACTIONS).count() == Response.objects.count()


def test_before_unblinding_no_answer_item_or_rating_is_named(client: Client) -> None:
    play_to("locked")
    content = "".join(page(client, page=number) for number in (1, 2, 3))
    assert not set(listed(content)) & WITHHELD_ACTIONS
    assert set(listed(content)) & BARE_ACTIONS
    receipts = Response.objects.values_list("receipt", flat=True)
    hidden = ["MS-01", "tells the level", "a slip", "seal key", "blinded item", "score", *receipts]
    table = content.partition("<tbody>")[2]
    assert [each for each in hidden if each in table] == []


@pytest.mark.parametrize(
    "query",
    [
        {"action": "responses.submit"},
        {"action": "responses.generate"},
        {"table": "study_response"},
        {"table": "study_sealkey", "row": "1"},
        {"table": "study_assignment"},
        {"person": "system"},
    ],
)
def test_no_filter_finds_before_unblinding_what_is_withheld(client: Client, query: dict[str, str]) -> None:
    play_to("rating")
    assert listed(page(client, **query)) == []


def test_a_number_or_a_request_of_a_withheld_row_finds_nothing(client: Client) -> None:
    play_to("rating")
    submitted = AuditEvent.objects.filter(action="responses.submit")
    submitted_request = submitted[0].request_id or "none"
    assert listed(page(client, request=submitted_request)) == []
    author = submitted[0].person_id
    assert set(listed(page(client, person=author))) == {
        "participants.accept_invitation",
        "participants.consent",
    }
    open_rows = RowChange.objects.filter(table_name__in=OPEN_TABLES).values("row_id")
    rows = RowChange.objects.exclude(table_name__in=OPEN_TABLES).exclude(row_id__in=open_rows)
    assert [row for row in rows.values_list("row_id", flat=True) if listed(page(client, row=row))] == []


def test_after_unblinding_the_page_shows_who_changed_what_from_what_to_what(client: Client) -> None:
    play()
    content = "".join(page(client, page=number) for number in (1, 2, 3))
    assert {"responses.submit", "responses.generate", "ratings.revise_rating"} <= set(listed(content))
    assert "a slip" in content
    assert "phase: <del>draft</del> → <ins>answering</ins>" in content


def act_of_the_lead(study: Study, change: Callable[[], object]) -> None:
    with locked_study(study.pk) as locked:
        change()
        lead = person("lead@example.org")
        record_event(study=locked, person=lead, action="participants.invite", now=timezone.now())


def test_a_deleted_row_is_shown_many_are_counted_and_erased_values_are_not_shown(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = play(DRAFT)
    late = Invitation.objects.get(email="late@example.org")
    number = late.pk
    act_of_the_lead(study, late.delete)
    shown = page(client, table="study_invitation", row=number)
    assert f"invitation {number} deleted" in shown
    assert "email: <del>late@example.org</del> → <ins>—</ins>" in shown
    with locked_study(study.pk):
        erase_history(table="study_invitation", row_ids=[number], now=timezone.now())
    assert f"invitation {number} deleted; its values are erased" in page(client)
    monkeypatch.setattr("study.protocol.audit_review.VALUES_SHOWN", 2)
    act_of_the_lead(study, lambda: study.invitations.update(name="Somebody"))
    assert re.search(r"6 rows of invitation changed \(\d+ to \d+\)", page(client))


def test_filters_by_action_person_day_object_and_request_find_their_events(client: Client) -> None:
    study = play()
    lead, today = person("lead@example.org"), timezone.now().date()
    assert set(listed(page(client, action="ratings.save_rating"))) == {"ratings.save_rating"}
    assert "responses.generate" in listed(page(client, person="system"))
    assert "responses.submit" not in listed(page(client, person=lead.pk))
    assert listed(page(client, first_day=today + timedelta(days=1))) == []
    assert listed(page(client, last_day=today - timedelta(days=1))) == []
    changes = listed(page(client, table="study_study", row=study.pk))
    assert changes == [
        "datasets.sign_unblinding",
        "datasets.sign_data_lock",
        "ratings.open_rating",
        "blinding.seal_study",
        "responses.open_answering",
        "protocol.create_study",
    ]
    assert len(listed(page(client, first_day=today, last_day=today))) == 25


def test_a_search_that_finds_nothing_and_one_that_cannot_be_read_say_so(client: Client) -> None:
    play(DRAFT)
    assert "No event matches" in page(client, request="no such request")
    assert "errorlist" in page(client, first_day="the day before")
    assert "errorlist" in page(client, row="0")


def test_a_check_of_the_chain_says_whether_it_is_whole_and_names_rows_only_after_unblinding(
    client: Client,
) -> None:
    study = play(DRAFT)
    assert "Every event, every change and every row" in page(client, check="1")
    with unguarded("study_study"):
        Study.objects.filter(pk=study.pk).update(title="Unseen")
    content = page(client, check="1")
    assert "The trail is not whole" in content
    assert "study_study" not in content.partition("<form")[0]


@pytest.mark.parametrize("role", [Role.RATER, Role.RESIDENT, Role.CURATOR])
def test_nobody_but_reviewers_gets_the_page(client: Client, role: Role) -> None:
    study = play(DRAFT)
    client.force_login(members(study, role)[0].person)
    assert client.get("/studies/trial/audit/").status_code == 404


def test_every_action_is_open_bare_or_withheld_by_decision() -> None:
    names = re.compile(
        r"(protocol|participants|responses|blinding|ratings|judging|datasets|reports)\.[a-z_]+"
    )
    files = [path for path in python_files("study") if "services" in str(path) or path.name == "tokens.py"]
    used = {
        node.value
        for path in files
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and names.fullmatch(node.value)
    }
    decided = [OPEN_ACTIONS, BARE_ACTIONS, WITHHELD_ACTIONS]
    assert used <= set().union(*decided)
    assert sum(map(len, decided)) == len(set().union(*decided))
    assert set(AUDITED_TABLES) >= OPEN_TABLES
