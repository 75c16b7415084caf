"""One whole study over HTTP, as people play it, on a live site with Redis and a Celery worker."""

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from study.demonstration.browser import Browser, Page
from study.demonstration.cards import cards_of_bank
from study.demonstration.director import Director
from study.demonstration.script import LEAD, PASSWORD, Script, ScriptedModel
from tests.e2e.site import ROOT, Site
from tests.e2e.transport import HttpTransport, NewTransport, generation_is_over, transports

VIGNETTES = tuple(f"MS-{number:02}" for number in range(1, 13))


def script(slug: str, *, model_ability: float, resident_ability: float) -> Script:
    return Script(
        slug=slug,
        title="A study played by scripts",
        seed=11,
        models=(ScriptedModel("scripted-m1", "Scripted model M1", model_ability),),
        level_abilities={"PGY1": resident_ability, "PGY2": resident_ability},
        vignettes=VIGNETTES,
        residents_per_level=6,
        severities=(-0.2, 0.0, 0.2),
        spacing=2,
    )


def play(new_transport: NewTransport, played: Script) -> tuple[dict[str, Any], HttpTransport]:
    """Play the study to its report; return its results and the lead investigator's session."""
    director = Director(played, cards_of_bank(), lambda _: Browser(new_transport()), generation_is_over)
    director.play()
    lead = new_transport()
    page = Page(lead.get("/account/login/"))
    lead.post("/account/login/", page.form_with("login").filled({"login": LEAD, "password": PASSWORD}))
    return json.loads(lead.download(f"/studies/{played.slug}/report/download/results.json")), lead


def primary_estimates(results: dict[str, Any]) -> list[float]:
    return [contrast["estimate"] for contrast in results["contrasts"]]


@pytest.fixture(scope="module")
def new_transport(furnished_site: Site) -> Iterator[NewTransport]:
    with transports(furnished_site.url) as new:
        yield new


@pytest.fixture(scope="module")
def abler_models(new_transport: NewTransport) -> tuple[dict[str, Any], HttpTransport]:
    return play(new_transport, script("abler-models", model_ability=0.9, resident_ability=0.4))


def test_a_study_played_over_http_finds_the_sign_of_the_scripted_effect(
    abler_models: tuple[dict[str, Any], HttpTransport],
) -> None:
    estimates = primary_estimates(abler_models[0])
    assert len(estimates) == 8 and all(estimate > 0 for estimate in estimates)


def test_the_downloaded_dataset_gives_byte_identical_results_outside_the_site(
    abler_models: tuple[dict[str, Any], HttpTransport], tmp_path: Path
) -> None:
    lead, base = abler_models[1], "/studies/abler-models/report/download"
    with zipfile.ZipFile(io.BytesIO(lead.download(f"{base}/dataset.zip"))) as archive:
        archive.extractall(tmp_path)
    command = [sys.executable, "-m", "analysis", "run", "abler-models", "abler-models/plan.yaml", "out"]
    subprocess.run(command, cwd=tmp_path, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert (tmp_path / "out/results.json").read_bytes() == lead.download(f"{base}/results.json")


def test_with_abilities_exchanged_the_sign_is_the_opposite(new_transport: NewTransport) -> None:
    results, _ = play(new_transport, script("abler-residents", model_ability=0.4, resident_ability=0.9))
    estimates = primary_estimates(results)
    assert len(estimates) == 8 and all(estimate < 0 for estimate in estimates)
