"""Whatever is sent, by whomever, no page and no program is answered with a failure."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from tests.builders import draft_study
from tests.datasets.world import lock, rated_study, unblind
from tests.fuzz import api, pages
from tests.fuzz.world import INSIDE, clients
from tests.responses.conftest import opened_study

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def exports(tmp_path: Path) -> Iterator[None]:
    with override_settings(EXPORTS_DIR=tmp_path / "exports"):
        yield


@pytest.fixture
def cases(request: pytest.FixtureRequest) -> int:
    """Number of requests of each fuzzer."""
    return int(request.config.getoption("--fuzz-cases"))


def test_the_api_answers_every_caller_as_its_description_says(cases: int) -> None:
    study = rated_study()
    lock(study)
    unblind(study)
    met = api.fuzz(study, cases)
    assert sum(met.values()) >= cases // 2
    assert any(status == 200 for caller, _, status in met if caller == INSIDE)


def test_no_page_fails_whatever_anybody_posts(cases: int) -> None:
    study = rated_study()
    draft_study(slug="drafted", vignettes=1)
    opened_study(slug="answered", vignettes=2)
    met = pages.fuzz(clients(study), [study.slug, "drafted", "answered", "nowhere"], cases)
    assert sum(met.values()) >= cases
    assert {200, 302, 404} <= set(met)
