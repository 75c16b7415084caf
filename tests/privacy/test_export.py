"""A person gets everything that is held about them, and nothing that tells who wrote or rated what."""

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from study.blinding.models import BlindedItem
from study.participants.models import Participant, Person, Role
from study.privacy.files import as_csv
from study.privacy.personal_data import WITHHELD, personal_data
from study.protocol.models import AuditEvent, Study
from study.ratings.services import save_guess
from tests.builders import NOW, PASSWORD, members
from tests.locks.world import rated_study
from tests.ratings.world import GUESS, place

pytestmark = pytest.mark.django_db
PAGE = "/account/data/"


def of(study: Study, role: Role) -> tuple[Participant, dict[str, Any]]:
    member = members(study, role)[0]
    return member, personal_data(member.person, now=NOW)


def test_a_resident_gets_the_own_words_and_no_public_id_score_or_arm() -> None:
    study = rated_study()
    member, data = of(study, Role.RESIDENT)
    text = json.dumps(data, default=str)
    assert [each["sections"]["assessment"][:9] for each in data["answers"]] == ["Hold dose"]
    assert data["ratings"] == []
    assert not [each for each in BlindedItem.objects.all() if each.public_id in text]
    assert "model-1" not in text
    assert member.person.email in text


def test_a_rater_gets_the_own_ratings_by_public_id_alone() -> None:
    study = rated_study()
    member, data = of(study, Role.RATER)
    known = set(BlindedItem.objects.filter(assignments__rater=member).values_list("public_id", flat=True))
    assert {each["response"] for each in data["ratings"]} == known
    assert {each["medical_correctness"] for each in data["ratings"]} == {4}
    text = json.dumps(data, default=str)
    assert not [word for word in ("model-1", "pgy1", "PGY1", "arm") if f'"{word}"' in text]


def test_another_persons_data_are_not_in_it() -> None:
    study = rated_study()
    others = Person.objects.exclude(pk=members(study, Role.RATER)[0].person_id)
    _, data = of(study, Role.RATER)
    text = json.dumps(data, default=str)
    assert not [each.email for each in others if each.email in text]


def test_what_an_act_was_about_stays_closed_where_it_could_tell_an_author() -> None:
    study = rated_study()
    _, data = of(study, Role.INVESTIGATOR)
    details = {each["action"]: each["detail"] for each in data["events"]}
    assert details["blinding.seal_study"] == WITHHELD
    assert details["protocol.lock_plan"]["version"] == 1


def test_every_section_is_there_and_no_secret_is() -> None:
    study = rated_study()
    member, data = of(study, Role.RATER)
    wanted = {"account", "participations", "consents", "answers", "ratings", "rating_drafts", "invitations"}
    assert wanted | {"signatures", "events", "sessions", "sign_in", "tokens"} <= set(data)
    assert member.person.password not in json.dumps(data, default=str)


def test_the_command_writes_json_and_csv_into_a_folder_of_its_own(tmp_path: Path) -> None:
    rated_study()
    folder = tmp_path / "copy"
    call_command("export_person", "rater-1@example.org", out=folder, stdout=StringIO())
    data = json.loads((folder / "person.json").read_text())
    rows = list(csv.DictReader((folder / "ratings.csv").read_text().splitlines()))
    assert len(rows) == len(data["ratings"]) > 0
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert AuditEvent.objects.filter(action="privacy.export_person", person=None).exists()


def test_the_command_refuses_a_stranger_and_a_folder_that_is_there(tmp_path: Path) -> None:
    rated_study()
    with pytest.raises(CommandError, match="no account"):
        call_command("export_person", "nobody@example.org", out=tmp_path / "copy")
    with pytest.raises(CommandError, match="Nothing was written"):
        call_command("export_person", "rater-1@example.org", out=tmp_path)


def test_the_page_hands_out_the_copy_after_the_password(client: Client) -> None:
    client.force_login(members(rated_study(), Role.RATER)[0].person)
    answer = client.post(PAGE, {"password": PASSWORD})
    assert answer["Content-Disposition"] == 'attachment; filename="person.json"'
    assert json.loads(answer.content)["account"]["email"] == "rater-1@example.org"


def test_a_wrong_password_hands_out_nothing_and_is_counted(client: Client) -> None:
    client.force_login(members(rated_study(), Role.RATER)[0].person)
    answers = [client.post(PAGE, {"password": "guess"}) for _ in range(8)]
    assert {answer.status_code for answer in answers} == {422}
    assert b"wrong six times. Nothing was handed out" in answers[-1].content
    assert b"wrong six times" in client.post(PAGE, {"password": PASSWORD}).content


def test_a_stranger_is_asked_to_sign_in(client: Client) -> None:
    assert client.get(PAGE).status_code == 302


def test_no_cell_of_a_table_is_a_formula() -> None:
    rows = [{"reason": "=1+1", "n": 2, "more": {"a": 1}, "none": None}]
    assert as_csv(rows) == 'reason,n,more,none\n\'=1+1,2,"{""a"": 1}",\n'


def test_a_guess_stands_beside_its_rating() -> None:
    study = rated_study()
    member = members(study, Role.RATER)[0]
    save_guess(assignment=place(member), participant=member, guess=GUESS, now=NOW)
    _, data = of(study, Role.RATER)
    assert [each["guess"] for each in data["ratings"]][:1] == [GUESS.guess]
