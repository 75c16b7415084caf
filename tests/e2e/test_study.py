"""One whole study over HTTP, as people play it, on a live site with Redis and a Celery worker."""

import json
from dataclasses import replace
from dataclasses import replace
from typing import Any

import httpx
import pytest

from study.demonstration.browser import Answer, Browser, Fields, Page
from study.demonstration.cards import cards_of_bank
from study.demonstration.director import Director
from study.demonstration.script import LEAD, PASSWORD, Script, ScriptedModel
from tests.e2e.site import Site

WAIT_S = 120
VIGNETTES = tuple(f"MS-{number:02}" for number in range(1, 13))


class HttpTransport:
    """httpx as a browser: cookies, redirects, forms."""

    def __init__(self, origin: str) -> None:
        self._client = httpx.Client(base_url=origin, follow_redirects=True, timeout=60, headers={"Referer": origin})

    def get(self, path: str) -> Answer:
        return self._answer(self._client.get(path))

    def post(self, path: str, fields: Fields) -> Answer:
        data: dict[str, Any] = {}
        for name, value in fields:
            data.setdefault(name, []).append(value)
        return self._answer(self._client.post(path, data=data))

    def download(self, path: str) -> bytes:
        return self._client.get(path).raise_for_status().content

    @staticmethod
    def _answer(response: httpx.Response) -> Answer:
        return Answer(response.status_code, str(response.url), response.text)


def generation_is_over(page: Page) -> bool:
    """Whether the models' page says that nothing runs or waits."""
    counts = page.texts("[data-part=generation-progress]")[0]
    return "0 running, 0 queued" in counts


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


def play(site: Site, played: Script) -> tuple[dict[str, Any], HttpTransport]:
    """Play the study to its report; return its results and the lead investigator's session."""
    director = Director(played, cards_of_bank(), lambda _: Browser(HttpTransport(site.url)), generation_is_over)
    director.play()
    lead = HttpTransport(site.url)
    page = Page(lead.get("/account/login/"))
    lead.post("/account/login/", page.form_with("login").filled({"login": LEAD, "password": PASSWORD}))
    return json.loads(lead.download(f"/studies/{played.slug}/report/download/results.json")), lead


def primary_estimates(results: dict[str, Any]) -> list[float]:
    return [contrast["estimate"] for contrast in results["contrasts"]]


@pytest.fixture(scope="module", autouse=True)
def _first_account(site: Site) -> None:
    replace(site, environment={**site.environment, "EQUIPOISE_PASSWORD": PASSWORD}).manage("create_person", LEAD)


@pytest.fixture(scope="module")
def abler_models(site: Site) -> tuple[dict[str, Any], HttpTransport]:
    return play(site, script("abler-models", model_ability=0.9, resident_ability=0.4))


def test_a_study_played_over_http_finds_the_sign_of_the_scripted_effect(
    abler_models: tuple[dict[str, Any], HttpTransport],
) -> None:
    estimates = primary_estimates(abler_models[0])
    assert len(estimates) == 8 and all(estimate > 0 for estimate in estimates)


def test_with_abilities_exchanged_the_sign_is_the_opposite(site: Site) -> None:
    results, _ = play(site, script("abler-residents", model_ability=0.4, resident_ability=0.9))
    estimates = primary_estimates(results)
    assert len(estimates) == 8 and all(estimate < 0 for estimate in estimates)
