from dataclasses import asdict

import pytest
from django.test import Client
from django.urls import reverse

from analysis.power.design import Deviations
from study.protocol.errors import PreconditionMissing
from study.reports.power import Sizes, simulated_power, sizes_of
from tests.builders import add_people, draft_study, person

pytestmark = pytest.mark.django_db
DEVIATIONS = asdict(Deviations()).items()
SMALL = Sizes(6, 6, 1, 1, 3, 3, ())


def test_people_who_are_not_there_yet_are_assumed_and_named() -> None:
    sizes = sizes_of(draft_study(vignettes=4))
    assert sizes.residents_per_level * sizes.vignettes_per_resident >= 4
    assert sizes.raters == sizes.raters_per_response
    assert len(sizes.assumed) == 2


def test_people_who_are_there_are_counted() -> None:
    study = draft_study(vignettes=4)
    add_people(study, residents_per_level=3, raters=5)
    sizes = sizes_of(study)
    assert (sizes.residents_per_level, sizes.raters, sizes.assumed) == (3, 5, ())


def test_a_small_panel_is_told_that_matching_has_low_power() -> None:
    found = simulated_power(draft_study(vignettes=6), SMALL)
    assert found.studies == 1000
    assert any("low" in sentence for sentence in found.advice)
    assert all(len(row) == 3 for table in found.tables for row in table.rows)


def test_a_design_below_the_minimum_is_told_that_it_carries_no_word() -> None:
    found = simulated_power(draft_study(vignettes=6), Sizes(6, 3, 2, 1, 2, 2, ()))
    assert any("rater" in fault for fault in found.faults)


def test_a_design_that_takes_model_fits_is_sent_to_the_command_line() -> None:
    found = simulated_power(draft_study(vignettes=6), Sizes(6, 6, 1, 1, 4, 3, ()))
    assert found.tables == []
    assert "manage.py power" in found.advice[0]


def test_a_study_without_a_model_cannot_be_simulated() -> None:
    with pytest.raises(PreconditionMissing):
        simulated_power(draft_study(vignettes=6), Sizes(6, 6, 1, 0, 3, 3, ()))


def test_the_page_shows_sizes_at_once_and_power_on_demand(client: Client) -> None:
    study = draft_study(vignettes=4)
    add_people(study, residents_per_level=2, raters=study.raters_per_response)
    client.force_login(person("lead@example.org"))
    address = reverse("power", args=[study.slug])
    page = client.get(address).content.decode()
    assert "Alone" not in page
    assert all(f"{name.replace('_source', ' by source')} {value:g}" in page for name, value in DEVIATIONS)
    assert "Alone" in client.get(address, {"simulate": "1"}).content.decode()
