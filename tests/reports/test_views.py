import io
import zipfile
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from study.participants.models import ApiToken, Role
from study.participants.tokens import create_token
from study.protocol.errors import InvalidInput
from study.protocol.models import Study
from study.protocol.transactions import move_phase
from study.protocol.vocabulary import Phase
from study.ratings.models import Assignment
from study.reports.services import run_analysis
from tests.builders import NOW, PASSWORD, add_people, draft_study, members, participant, person
from tests.datasets.world import lead, lock, rated_study, second, unblind

pytestmark = pytest.mark.django_db
BEFORE_LOCK = [Phase.DRAFT, Phase.ANSWERING, Phase.SEALED]


@pytest.fixture
def client(client: Client) -> Client:
    """An investigator's browser."""
    client.force_login(person("lead@example.org", can_start_studies=True))
    return client


def _reported() -> Study:
    study = rated_study()
    lock(study)
    unblind(study)
    run_analysis(study_id=study.pk, person=lead(), now=NOW)
    study.refresh_from_db()
    return study


def _in_phase(phase: Phase) -> Study:
    if phase == Phase.RATING:
        return rated_study()
    study = draft_study()
    add_people(study)
    for each in list(Phase)[1 : list(Phase).index(phase) + 1]:
        move_phase(study, each)
    return study


@pytest.mark.parametrize("phase", [*BEFORE_LOCK, Phase.RATING])
def test_before_the_lock_neither_report_nor_board_holds_a_figure_or_a_model(
    client: Client, phase: Phase
) -> None:
    study = _in_phase(phase)
    report = client.get(reverse("report", args=[study.slug]))
    board = client.get(reverse("study-board", args=[study.slug]))
    assert report.status_code == board.status_code == 200
    assert "There is no report yet" in report.content.decode()
    for text in (report.content.decode(), board.content.decode()):
        assert "<img" not in text and "Mean" not in text and "Model 1" not in text


@pytest.mark.parametrize("phase", [*BEFORE_LOCK, Phase.RATING])
@pytest.mark.parametrize("name", ["ratings.csv", "arms.json", "results.json", "dataset.zip", "report.html"])
def test_before_the_lock_nothing_can_be_downloaded(client: Client, phase: Phase, name: str) -> None:
    study = _in_phase(phase)
    assert client.get(reverse("report-download", args=[study.slug, name])).status_code == 409
    figure = client.get(reverse("report-figure", args=[study.slug, "forest.svg"]))
    assert figure.status_code == 409


def test_before_the_lock_the_analysis_button_is_refused(client: Client) -> None:
    study = rated_study()
    assert client.post(reverse("report-run", args=[study.slug])).status_code == 409


def test_two_people_lock_unblind_and_run_the_analysis_through_the_pages(client: Client) -> None:
    study = rated_study()
    form = {"password": PASSWORD}
    for page in ("dataset-lock", "dataset-unblind"):
        for signer in (lead(), second()):
            client.force_login(signer)
            assert client.post(reverse(page, args=[study.slug]), form).status_code == 302
    assert client.post(reverse("report-run", args=[study.slug])).status_code == 302
    text = client.get(reverse("report", args=[study.slug])).content.decode()
    assert "Model 1 compared with PGY1 and PGY2 residents" in text
    assert "Simulated data" in text
    assert text.count("<img") == 3


@pytest.mark.parametrize("page", ["dataset-lock", "dataset-unblind"])
def test_a_wrong_password_is_told_beside_its_field(client: Client, page: str) -> None:
    study = rated_study()
    if page == "dataset-unblind":
        lock(study)
    response = client.post(reverse(page, args=[study.slug]), {"password": "guess"})
    assert response.status_code == 422
    assert "The password is not right" in response.content.decode()


def test_the_same_person_signing_twice_is_told_so(client: Client) -> None:
    study = rated_study()
    lock(study, lead())
    form = {"password": PASSWORD}
    response = client.post(reverse("dataset-lock", args=[study.slug]), form)
    assert response.status_code == 422
    assert "must come from somebody else" in response.content.decode()


def test_a_signature_without_a_password_is_refused(client: Client) -> None:
    study = rated_study()
    assert client.post(reverse("dataset-lock", args=[study.slug]), {"password": ""}).status_code == 422
    assert not study.signatures.filter(meaning="data_lock").exists()


def test_signing_in_a_closed_phase_is_refused_with_a_page(client: Client) -> None:
    study = draft_study()
    form = {"password": PASSWORD}
    assert client.post(reverse("dataset-lock", args=[study.slug]), form).status_code == 409
    assert client.post(reverse("dataset-unblind", args=[study.slug]), form).status_code == 409


def test_every_listed_export_can_be_downloaded_as_an_attachment_that_says_simulated(client: Client) -> None:
    study = _reported()
    for name in (
        "manifest.json",
        "ratings.csv",
        "ratings.parquet",
        "arms.json",
        "results.json",
        "report.html",
    ):
        response = client.get(reverse("report-download", args=[study.slug, name]))
        assert response.status_code == 200
        wanted = f'attachment; filename="simulated-data-{study.slug}-{name}"'
        assert response["Content-Disposition"] == wanted


def test_the_archive_holds_every_export_and_is_the_same_each_time(client: Client) -> None:
    study = _reported()
    url = reverse("report-download", args=[study.slug, "dataset.zip"])
    first, again = client.get(url).content, client.get(url).content
    assert first == again
    names = set(zipfile.ZipFile(io.BytesIO(first)).namelist())
    wanted = {"manifest.json", "ratings.csv", "responses.csv", "raters.csv", "responders.csv", "guesses.csv"}
    wanted |= {"arms.json", "plan.yaml", "results.json", "report.html", "WATERMARK.txt"}
    assert {f"{study.slug}/{name}" for name in wanted} <= names


def test_the_names_of_the_arms_cannot_be_downloaded_before_the_unblinding(client: Client) -> None:
    study = rated_study()
    lock(study)
    assert client.get(reverse("report-download", args=[study.slug, "arms.json"])).status_code == 404


@pytest.mark.parametrize(
    "name", ["other.csv", "..", "%2e%2e%2fequipoise.sqlite3", "..%2f..%2fsecret_key", ".ratings"]
)
def test_an_unlisted_name_is_not_found(client: Client, name: str) -> None:
    study = rated_study()
    lock(study)
    assert client.get(f"/studies/{study.slug}/report/download/{name}").status_code == 404


def test_a_changed_export_is_refused_not_served(client: Client, exports: Path) -> None:
    study = rated_study()
    lock(study)
    (exports / study.slug / "ratings.csv").write_text("forged")
    response = client.get(reverse("report-download", args=[study.slug, "ratings.csv"]))
    assert response.status_code == 409
    assert "forged" not in response.content.decode()


def test_a_figure_is_served_as_an_image_without_scripts(client: Client) -> None:
    study = _reported()
    response = client.get(reverse("report-figure", args=[study.slug, "forest.svg"]))
    assert response["Content-Type"] == "image/svg+xml"
    assert "script-src 'none'" in response["Content-Security-Policy"]
    other = client.get(reverse("report-figure", args=[study.slug, "results.json"]))
    assert other.status_code == 404


def test_the_board_says_what_blocks_the_next_step(client: Client) -> None:
    study = rated_study()
    text = client.get(reverse("study-board", args=[study.slug])).content.decode()
    assert "The data lock needs 2 signatures." in text
    lock(study, lead())
    text = client.get(reverse("study-board", args=[study.slug])).content.decode()
    assert "The data lock needs 1 more signature." in text


@pytest.mark.parametrize("role", [Role.RATER, Role.RESIDENT, Role.CURATOR])
@pytest.mark.parametrize("page", ["study-board", "report", "dataset-lock", "dataset-unblind"])
def test_nobody_but_an_investigator_finds_these_pages(client: Client, role: Role, page: str) -> None:
    study = draft_study()
    add_people(study)
    client.force_login(members(study, role)[0].person)
    assert client.get(reverse(page, args=[study.slug])).status_code == 404


def test_a_token_is_shown_once_and_only_its_hash_is_stored(client: Client) -> None:
    draft_study()
    response = client.post(reverse("tokens"), {"label": "laptop"})
    text = response.context["made"].text
    assert text in response.content.decode()
    assert text not in client.get(reverse("tokens")).content.decode()
    assert ApiToken.objects.get().token_sha256 != text


def test_a_revoked_token_is_gone_and_a_foreign_one_is_not_found(client: Client) -> None:
    add_people(draft_study())
    client.post(reverse("tokens"), {"label": "laptop"})
    token = ApiToken.objects.get()
    client.force_login(second())
    assert client.post(reverse("token-revoke", args=[token.pk])).status_code == 404
    client.force_login(lead())
    assert client.post(reverse("token-revoke", args=[token.pk])).status_code == 302
    assert "laptop" not in client.get(reverse("tokens")).content.decode()


def test_a_rater_cannot_make_a_token(client: Client) -> None:
    study = draft_study()
    add_people(study)
    client.force_login(members(study, Role.RATER)[0].person)
    assert client.post(reverse("tokens"), {"label": "laptop"}).status_code == 403
    assert not ApiToken.objects.exists()


def test_the_lock_page_lists_the_open_ratings_first(client: Client) -> None:
    study = rated_study()
    rater = participant(study, Role.RATER, "late@example.org")
    item = Assignment.objects.filter(item__study=study)[0].item
    Assignment.objects.create(rater=rater, item=item, position=7, guess_asked=False)
    response = client.post(reverse("dataset-lock", args=[study.slug]), {"password": PASSWORD})
    text = response.content.decode()
    assert response.status_code == 422
    assert text.index("late</th>") < text.index("Open ratings: 1")


@pytest.mark.parametrize("damage", ["forged", None])
def test_a_damaged_result_is_refused_until_the_analysis_runs_again(
    client: Client, exports: Path, damage: str | None
) -> None:
    study = _reported()
    path = exports / study.slug / "results.json"
    path.unlink() if damage is None else path.write_text(damage)
    url = reverse("report-download", args=[study.slug, "results.json"])
    assert client.get(url).status_code == 409
    client.post(reverse("report-run", args=[study.slug]))
    assert client.get(url).status_code == 200


def test_a_token_without_a_name_is_refused(client: Client) -> None:
    draft_study()
    assert client.post(reverse("tokens"), {"label": " "}).status_code == 422
    with pytest.raises(InvalidInput):
        create_token(person=lead(), label=" ", now=NOW)
