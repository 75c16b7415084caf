import hashlib
import json
import re

import pytest
from django.test import Client

from study.participants.models import Participant, Role
from study.participants.policies import Person
from study.participants.tokens import create_token, revoke_token
from study.protocol.models import Study
from study.protocol.transactions import move_phase
from study.protocol.vocabulary import Phase
from study.responses.models import ModelSetup
from tests.builders import NOW, add_people, draft_study, members, participant, person
from tests.datasets.world import lead, lock, rated_study, unblind
from vignettes.bank import CONTENT_DIRECTORY
from vignettes.models import Vignette

pytestmark = pytest.mark.django_db
GET, POST = "get", "post"
PROVENANCE = {
    "engine": "elsewhere",
    "model": "elsewhere",
    "revision": "1",
    "prompt": "Answer the question.",
    "sampling": {"temperature": 0},
    "seed": 1,
    "finish_reason": "stop",
}


class Program:
    """A program that knows one person's token."""

    def __init__(self, who: Person) -> None:
        self.token = create_token(person=who, label="test", now=NOW)
        self.headers = {"Authorization": f"Bearer {self.token.text}"}

    def get(self, path: str):  # type: ignore[no-untyped-def]
        return Client().get(f"/api/v1/{path}", headers=self.headers)

    def post(self, path: str, body: bytes | str, media_type: str):  # type: ignore[no-untyped-def]
        return Client().post(f"/api/v1/{path}", body, content_type=media_type, headers=self.headers)


def _addresses(study: Study) -> list[tuple[str, str]]:
    return [
        (GET, "schema/"),
        (POST, "vignettes"),
        (GET, "worker-health"),
        (POST, f"studies/{study.slug}/answers"),
        (GET, f"studies/{study.slug}/progress"),
        (GET, f"studies/{study.slug}/exports"),
        (GET, f"studies/{study.slug}/exports/ratings.csv"),
    ]


def _token_of(member: Participant) -> str:
    """Return a token that this person holds as the investigator of another study."""
    other = draft_study(slug="other")
    return Program(participant(other, Role.INVESTIGATOR, member.person.email).person).token.text


def test_without_a_token_every_address_answers_401() -> None:
    study = rated_study()
    client = Client()
    client.force_login(lead())
    for method, path in _addresses(study):
        response = getattr(client, method)(f"/api/v1/{path}")
        assert response.status_code == 401, path
        assert response["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer unknown"])
def test_a_malformed_or_unknown_token_is_401(header: str) -> None:
    draft_study()
    response = Client().get("/api/v1/worker-health", headers={"Authorization": header})
    assert response.status_code == 401


def test_a_revoked_token_is_401() -> None:
    draft_study()
    program = Program(lead())
    assert program.get("worker-health").status_code == 200
    revoke_token(person=lead(), token_id=program.token.stored.pk, now=NOW)
    assert program.get("worker-health").status_code == 401


def test_the_token_of_a_deactivated_person_is_401() -> None:
    draft_study()
    program = Program(lead())
    Person.objects.filter(pk=lead().pk).update(is_active=False)
    assert program.get("worker-health").status_code == 401


@pytest.mark.parametrize("role", [Role.RATER, Role.RESIDENT, Role.CURATOR])
def test_whoever_is_no_investigator_of_the_study_gets_404_as_for_an_unknown_one(role: Role) -> None:
    study = rated_study()
    member = (
        participant(study, Role.CURATOR, "extra@example.org")
        if role == Role.CURATOR
        else members(study, role)[0]
    )
    headers = {"Authorization": f"Bearer {_token_of(member)}"}
    for path in ("progress", "exports", "exports/ratings.csv"):
        foreign = Client().get(f"/api/v1/studies/{study.slug}/{path}", headers=headers)
        unknown = Client().get(f"/api/v1/studies/nowhere/{path}", headers=headers)
        assert foreign.status_code == unknown.status_code == 404
        assert foreign.content == unknown.content


def test_somebody_who_lost_the_investigators_role_gets_403() -> None:
    study = draft_study()
    program = Program(lead())
    Participant.objects.filter(study=study, person=lead()).delete()
    assert program.get("worker-health").status_code == 403
    assert program.post("vignettes", "id: x", "application/yaml").status_code == 403


def test_progress_counts_by_vignette_and_rater_and_never_by_arm() -> None:
    study = rated_study()
    response = Program(lead()).get(f"studies/{study.slug}/progress")
    found = response.json()
    assert found["phase"] == Phase.RATING
    assert found["responses"] == {"name": "Responses", "done": 8, "total": 8}
    assert found["ratings"] == {"name": "Ratings", "done": 24, "total": 24}
    assert [each["name"] for each in found["ratings_by_rater"]] == ["Rater 1", "Rater 2", "Rater 3"]
    text = response.content.decode().lower()
    assert not [arm.name for arm in study.arms.all() if arm.name in text or arm.label.lower() in text]


def test_exports_are_refused_before_the_lock_with_the_one_error_form() -> None:
    study = rated_study()
    program = Program(lead())
    for path in ("exports", "exports/ratings.csv", "exports/nothing.csv"):
        response = program.get(f"studies/{study.slug}/{path}")
        assert response.status_code == 409
        assert response.json() == {
            "code": "phase_closed",
            "message": "There are no exports before the data lock.",
            "details": [],
        }


def test_every_listed_export_has_the_hash_that_the_list_names() -> None:
    study = rated_study()
    lock(study)
    unblind(study)
    program = Program(lead())
    listed = program.get(f"studies/{study.slug}/exports").json()
    assert {"ratings.csv", "manifest.json", "arms.json"} <= {each["name"] for each in listed}
    for each in listed:
        content = program.get(f"studies/{study.slug}/exports/{each['name']}").content
        assert hashlib.sha256(content).hexdigest() == each["sha256"]


@pytest.mark.parametrize("name", ["arms.json", "nothing.csv", "..%2f..%2fsecret_key"])
def test_an_export_that_is_not_listed_is_not_found(name: str) -> None:
    study = rated_study()
    lock(study)
    assert Program(lead()).get(f"studies/{study.slug}/exports/{name}").status_code == 404


def test_a_vignette_is_imported_once_and_repeating_changes_nothing() -> None:
    draft_study(vignettes=1)
    body = (CONTENT_DIRECTORY / "MS-09.yaml").read_bytes()
    program = Program(lead())
    first = program.post("vignettes", body, "application/yaml")
    again = program.post("vignettes", body, "application/yaml")
    assert first.json() == {"created": ["MS-09"], "revised": [], "unchanged": []}
    assert again.json() == {"created": [], "revised": [], "unchanged": ["MS-09"]}


@pytest.mark.parametrize("body", [b"id: MS-09\nid: MS-10\n", b"\xff\xfe", b"a: &x 1\nb: *x\n", b"- 1"])
def test_a_malformed_vignette_is_refused_with_the_line_and_stores_nothing(body: bytes) -> None:
    draft_study(vignettes=1)
    response = Program(lead()).post("vignettes", body, "application/yaml")
    assert response.status_code == 400
    assert response.json()["details"][0].startswith("body:")
    assert Vignette.objects.count() == 1


def test_a_vignette_with_a_character_that_no_database_takes_is_refused() -> None:
    draft_study(vignettes=1)
    text = (CONTENT_DIRECTORY / "MS-09.yaml").read_text("utf-8")
    body = re.sub(r"(?m)^title: .*$", r'title: "a\\0b"', text).encode()
    assert Program(lead()).post("vignettes", body, "application/yaml").status_code == 400
    assert Vignette.objects.count() == 1


def test_a_body_that_is_too_long_is_refused_with_413() -> None:
    draft_study(vignettes=1)
    response = Program(lead()).post("vignettes", b"a" * (1024 * 1024 + 1), "application/yaml")
    assert response.status_code == 413


def test_a_body_of_another_media_type_is_refused_with_415() -> None:
    draft_study(vignettes=1)
    assert Program(lead()).post("vignettes", b"{}", "application/json").status_code == 415


def test_a_missing_body_is_refused() -> None:
    study = draft_study(vignettes=1)
    assert (
        Program(lead()).post(f"studies/{study.slug}/answers", b"", "application/x-ndjson").status_code == 400
    )


def test_malformed_answers_are_refused_by_line_and_store_nothing() -> None:
    study = draft_study(vignettes=1)
    body = json.dumps({"arm": "model-1"}) + "\nnot json\n"
    response = Program(lead()).post(f"studies/{study.slug}/answers", body, "application/x-ndjson")
    assert response.status_code == 400
    assert any(detail.startswith("line 2") for detail in response.json()["details"])


def test_answers_that_are_not_utf_8_are_refused() -> None:
    study = draft_study(vignettes=1)
    response = Program(lead()).post(f"studies/{study.slug}/answers", b"\xff\xfe", "application/x-ndjson")
    assert response.status_code == 400
    assert "not UTF-8" in response.json()["message"]


def test_the_schema_describes_every_address_and_the_token() -> None:
    study = draft_study(vignettes=1)
    schema = Program(lead()).get("schema/?format=json").json()
    assert len(schema["paths"]) == len(_addresses(study)) - 1
    assert schema["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_worker_health_counts_the_queue() -> None:
    add_people(draft_study())
    found = Program(person("lead@example.org")).get("worker-health").json()
    assert found == {
        "due": 0,
        "running": 0,
        "waiting_since": None,
        "last_finished": None,
        "interrupted": 0,
        "awaiting_vllm": 0,
        "is_stalled": False,
    }


def test_answers_are_imported_once_and_repeating_changes_nothing() -> None:
    study = draft_study(vignettes=1)
    ModelSetup.objects.filter(arm__name="model-1").update(engine="imported", ability=None)
    move_phase(study, Phase.ANSWERING)
    line = {
        "arm": "model-1",
        "vignette": "MS-01",
        "draw": 1,
        "sections": {"assessment": "Risk.", "recommended_action": "Stop it."},
        "provenance": PROVENANCE,
    }
    program, path = Program(lead()), f"studies/{study.slug}/answers"
    first = program.post(path, json.dumps(line), "application/x-ndjson")
    again = program.post(path, json.dumps(line), "application/x-ndjson")
    assert (first.json(), again.json()) == ({"stored": 1, "unchanged": 0}, {"stored": 0, "unchanged": 1})
