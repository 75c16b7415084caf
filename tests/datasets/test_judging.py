"""Judges in the frozen dataset: files of their own, and no row for what is not done."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from analysis.dataset import load_dataset
from study.blinding.key import SealKey
from study.blinding.models import BlindedItem
from study.datasets.models import FrozenDataset
from study.datasets.snapshot import data_to_sign
from study.datasets.verification import dataset_folder
from study.judging.models import Judge, Judgement
from study.protocol.models import Study
from study.protocol.queries import model_arms
from study.protocol.rubric import DIMENSION_CODES, SECTIONS
from study.responses.models import ModelSetup, Response
from tests.builders import NOW
from tests.datasets.world import lead, lock, rated_study, second, unblind
from tests.judging.world import ASKED, SCORES, SCRIPTED, configured, judged, said, started
from tests.model_server import ModelServer, Reply

pytestmark = pytest.mark.django_db


def folder_of(study: Study) -> Path:
    return dataset_folder(FrozenDataset.objects.get(study=study))


def rows_of(study: Study, name: str) -> list[dict[str, str]]:
    with (folder_of(study) / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def manifest_of(study: Study) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder_of(study) / "manifest.json").read_text(encoding="utf-8"))
    return found


def asked(study: Study, server: ModelServer, settings: Settings, *replies: dict[str, Any]) -> Judge:
    settings.LLM_BASE_URL = server.url
    server.replies = [Reply(body) for body in replies]
    return started(study, ASKED)


def variant_read_by_judges(study: Study) -> BlindedItem:
    """Add a model's answer to a variant that no rater gets."""
    first = Response.objects.filter(study=study, model_arm__isnull=False)[0]
    response = Response.objects.create(
        study=study,
        study_vignette_id=first.study_vignette_id,
        model_arm_id=first.model_arm_id,
        variant="paraphrase",
        sections=dict.fromkeys(SECTIONS, "Hold it."),
        text_sha256="0" * 64,
        receipt="ABCDEFGH",
        submitted_at=NOW,
    )
    item = BlindedItem.objects.create(
        study=study,
        study_vignette_id=first.study_vignette_id,
        public_id="V" * 26,
        variant="paraphrase",
        wave=0,
        sections=response.sections,
        normaliser_version="1",
        sealed_at=NOW,
    )
    SealKey.objects.create(study_id=study.pk, item_id=item.pk, response_id=response.pk)
    return item


def test_a_study_without_judges_has_both_files_without_rows() -> None:
    study = rated_study()
    lock(study)
    assert rows_of(study, "judges") == rows_of(study, "judgements") == []
    assert load_dataset(folder_of(study)).judgements.empty


def test_every_judgement_stands_there_by_dimension_with_its_score(
    model_server: ModelServer, settings: Settings
) -> None:
    study = rated_study()
    asked(study, model_server, settings, said())
    judged()
    lock(study)
    rows = rows_of(study, "judgements")
    assert len(rows) == 8 * 4
    assert {row["dimension"]: row["score"] for row in rows} == {
        code: str(score) for code, score in SCORES.items()
    }
    assert {(row["judge"], row["outcome"], row["variant"], row["draw"]) for row in rows} == {
        ("pharmacist", "scored", "original", "1")
    }
    rated = {(row["response"], row["responder"], row["arm"]) for row in rows_of(study, "ratings")}
    assert {(row["response"], row["responder"], row["arm"]) for row in rows} == rated


def test_a_judge_is_described_by_model_family_profile_and_connector(
    model_server: ModelServer, settings: Settings
) -> None:
    study = rated_study()
    asked(study, model_server, settings, said())
    started(study, SCRIPTED)
    configured(study, replace(SCRIPTED, name="never-started"))
    judged()
    lock(study)
    assert [tuple(row.values()) for row in rows_of(study, "judges")] == [
        ("pharmacist", "tiny", "qwen3", "plain-judge 1", "openai", "", "simulated data"),
        ("scripted", "script", "unknown", "none", "scripted", "", "simulated data"),
    ]


def test_a_reply_without_scores_stands_there_with_its_outcome(
    model_server: ModelServer, settings: Settings
) -> None:
    study = rated_study()
    asked(study, model_server, settings, said("Five."))
    judged()
    lock(study)
    rows = rows_of(study, "judgements")
    assert {(row["outcome"], row["score"]) for row in rows} == {("unparsed", "")}
    assert len(rows) == 8 * 4


def test_a_variant_that_no_rater_gets_is_unrated_and_judged() -> None:
    study = rated_study()
    item = variant_read_by_judges(study)
    started(study)
    judged()
    lock(study)
    responses = {row["response"]: row for row in rows_of(study, "responses")}
    assert (responses[item.public_id]["status"], responses[item.public_id]["variant"]) == (
        "unrated",
        "paraphrase",
    )
    mine = [row for row in rows_of(study, "judgements") if row["response"] == item.public_id]
    assert {(row["variant"], row["outcome"]) for row in mine} == {("paraphrase", "scored")}
    assert manifest_of(study)["counts"]["responses_unrated"] == 1


def test_a_judgement_between_the_signatures_voids_the_first() -> None:
    study = rated_study()
    started(study)
    before = data_to_sign(study)
    lock(study, lead())
    judged()
    assert data_to_sign(study) != before
    lock(study, second())
    assert study.phase == "rating"
    lock(study, lead())
    assert study.phase == "locked"


def test_open_judgements_are_warned_of_and_do_not_hold_up_the_lock(client: Client) -> None:
    study = rated_study()
    started(study)
    client.force_login(lead())
    page = client.get("/studies/trial/lock/").content.decode()
    assert "The lock does not wait for them" in page
    assert "scripted: 8 waiting or in work" in page
    lock(study)
    assert (rows_of(study, "judgements"), len(rows_of(study, "judges"))) == ([], 1)
    assert set(Judgement.objects.values_list("state", "problem")) == {("failed", "the data were locked")}
    assert manifest_of(study)["judges"][0]["unfinished"] == 8


def test_without_open_judgements_there_is_no_warning(client: Client) -> None:
    study = rated_study()
    started(study)
    judged()
    client.force_login(lead())
    assert "open-judgements" not in client.get("/studies/trial/lock/").content.decode()


def test_the_manifest_says_how_each_judge_was_asked(model_server: ModelServer, settings: Settings) -> None:
    study = rated_study()
    judge = asked(study, model_server, settings, said())
    judged()
    lock(study)
    (entry,) = manifest_of(study)["judges"]
    assert (entry["system_prompt"], entry["sampling"]) == (judge.system_prompt, judge.sampling)
    assert (entry["done"], entry["unfinished"], entry["failed"]) == (8, 0, 0)
    assert [each["engine_version"] for each in entry["recorded"]] == ["0.33.0"]
    assert (manifest_of(study)["counts"]["judges"], manifest_of(study)["counts"]["judgements"]) == (1, 8)


def test_the_dictionary_describes_both_files() -> None:
    study = rated_study()
    lock(study)
    files = {row["file"] for row in rows_of(study, "dictionary")}
    assert {"judges.csv", "judgements.csv"} <= files


def test_each_model_arm_tells_its_family() -> None:
    study = rated_study()
    first = model_arms(study)[0]
    ModelSetup.objects.filter(arm=first).update(profile={"name": "p", "version": "1", "family": "qwen3"})
    lock(study)
    unblind(study)
    arms = json.loads((folder_of(study) / "arms.json").read_text(encoding="utf-8"))["arms"].values()
    assert {arm["name"]: arm.get("family") for arm in arms} == {
        "model-1": "qwen3",
        "model-2": "unknown",
        "pgy1": None,
        "pgy2": None,
    }


def test_the_analysis_reads_the_judgements() -> None:
    study = rated_study()
    variant_read_by_judges(study)
    started(study)
    judged()
    lock(study)
    dataset = load_dataset(folder_of(study))
    assert len(dataset.judgements) == 9 * 4
    assert set(dataset.judgements["dimension"]) == set(DIMENSION_CODES)
    assert list(dataset.judges["judge"]) == ["scripted"]
