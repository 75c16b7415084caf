"""Every cell of the table of access is asked of the site, in every state of a study."""

import runpy
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from study.participants.middleware import PUBLIC_URL_NAMES
from study.participants.models import Person
from tests.access.cells import KINDS, MEMBERS, TWINS, Cell, cells, declared, public, rows
from tests.access.states import STATES
from tests.access.visitors import Answer, Visitors
from tests.access.world import Trial, play_to
from tests.architecture.sources import ROOT
from tests.builders import PASSWORD

LEAST_CELLS = 10_000
Asked = dict[Cell, Answer]
_asked: dict[str, Asked] = {}
# Sealing needs texts without an open flag (tests/blinding/test_views.py has it); nobody here has a passkey or
# recovery codes.
WITHOUT_SUCCESS = {"seal-confirm", "mfa_remove_webauthn", "mfa_download_recovery_codes"}
# A resident's text that comes after the close is refused and kept.
KEPT = {("answer-page", "POST", "resident")}
by_state = pytest.mark.parametrize(
    "state", [pytest.param(state, marks=pytest.mark.xdist_group(f"access-{state}")) for state in STATES]
)


@pytest.fixture
def asked(
    db: None, state: str, tmp_path: Path, settings: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> Asked:
    """Return the site's answer to every cell of the state, with the administrators' pages switched on."""
    if state not in _asked:
        settings.EXPORTS_DIR, settings.ROOT_URLCONF = tmp_path, "tests.access.site_urls"
        caplog.set_level("CRITICAL", logger="django.request")
        visitors = Visitors(*_trials(state))
        cache.clear()  # attempts are counted in it
        _asked[state] = {cell: visitors.ask(cell) for cell in cells() if cell.state == state}
    return _asked[state]


def _trials(state: str) -> tuple[Trial, Trial, Person]:
    """Return the study in its state, another that is sealed, and the investigator of a third."""
    trial, other, third = Trial("trial", ""), Trial("other", "their-"), Trial("third", "third-")
    play_to(third, "draft")
    play_to(other, "sealed")
    play_to(trial, state)
    return trial, other, third.lead


@by_state
def test_every_cell_of_the_table_holds(asked: Asked) -> None:
    wrong = [f"{cell}: {answer.status}, not {cell.status}" for cell, answer in asked.items()
             if answer.status != cell.status]  # fmt: skip
    assert wrong == []


@by_state
def test_what_is_anothers_and_what_does_not_exist_give_the_same_bytes(asked: Asked) -> None:
    answers: dict[tuple[str, ...], set[Answer]] = defaultdict(set)
    for cell, answer in asked.items():
        for number, twins in enumerate(TWINS):
            if cell.label in twins:
                answers[cell.url, cell.verb, cell.identity, str(number)].add(answer)
    assert [key for key, found in answers.items() if len(found) > 1] == []


@by_state
def test_a_page_of_another_role_is_as_one_that_does_not_exist(asked: Asked) -> None:
    """A stranger to the page gets for an existing object what an unknown study gives, to the byte."""
    unknown = {
        (cell.url, cell.verb, cell.identity): answer
        for cell, answer in asked.items()
        if cell.label == "missing-study"
    }
    closed = [cell for cell in asked if cell.status == 404 and cell.label == "own"]
    told = [str(cell) for cell in closed if unknown.get(_asks(cell), asked[cell]) != asked[cell]]
    assert told == []


def _asks(cell: Cell) -> tuple[str, str, str]:
    return cell.url, cell.verb, cell.identity


@by_state
def test_who_is_refused_has_written_nothing(asked: Asked) -> None:
    refused = {_asks(cell) for cell, answer in asked.items() if answer.status >= 400 and answer.wrote}
    assert refused <= KEPT


@by_state
def test_reading_writes_nothing_but_the_record_of_an_early_look_at_the_whole_trail(
    asked: Asked, state: str
) -> None:
    wrote = {_asks(cell) for cell, answer in asked.items() if cell.verb in {"GET", "HEAD"} and answer.wrote}
    looks = {("audit", "GET", "custodian"), ("audit", "GET", "auditor")}
    assert wrote == (set() if state in {"unblinded", "reported"} else looks)


def test_every_url_of_the_site_has_its_line_and_no_line_is_left_over() -> None:
    assert {each.name for each in _patterns()} == declared()


def test_the_urls_that_need_no_sign_in_are_those_of_the_short_public_list() -> None:
    assert public() == PUBLIC_URL_NAMES


def test_the_roles_that_a_view_names_are_those_of_its_lines() -> None:
    told: dict[str, set[str]] = defaultdict(set)
    for row in rows():
        told[row.url] |= {who for who in row.who if who in MEMBERS and row.label == "own"}
    named = {each.name: each.callback.access for each in _patterns() if hasattr(each.callback, "access")}
    assert len(named) > 30
    assert {url: {*access.acts, *access.reads} for url, access in named.items()} == {
        url: told[url] for url in named
    }


def _patterns() -> Iterator[URLPattern]:
    waiting = [get_resolver("tests.access.site_urls")]
    for resolver in waiting:
        waiting += [each for each in resolver.url_patterns if isinstance(each, URLResolver)]
        yield from (each for each in resolver.url_patterns if isinstance(each, URLPattern))


def test_the_table_has_thousands_of_cells_and_each_is_asked_once() -> None:
    found = list(cells())
    assert len(found) == len({(*_asks(cell), cell.label, cell.state) for cell in found}) > LEAST_CELLS


def test_every_act_succeeds_somewhere_so_that_no_refusal_comes_from_a_bad_form() -> None:
    acts = [row for row in rows() if "POST" in row.verbs]
    taken = {row.url for row in acts if min(row.statuses) < 400}
    assert {row.url for row in acts} - taken == WITHOUT_SUCCESS


def test_every_role_and_every_kind_of_object_stands_in_the_table() -> None:
    told = rows()
    assert {who for row in told for who in row.who} >= {*MEMBERS, "administrator", "outsider", "token"}
    assert {row.kind for row in told} == set(KINDS)


@pytest.fixture
def administrator(client: Client, db: None) -> Client:
    client.force_login(Person.objects.create_superuser("administrator@example.org", PASSWORD))
    return client


def test_administrators_pages_are_off_by_default_and_then_do_not_exist(administrator: Client) -> None:
    with pytest.raises(NoReverseMatch):
        reverse("administration")
    for path in ("/administration/", "/administration/accounts/1/", "/admin/"):
        assert administrator.get(path).status_code == 404


def test_the_switch_puts_them_on_the_site_map(settings: pytest.FixtureRequest) -> None:
    settings.ADMIN_PAGES = True
    patterns = runpy.run_path(str(ROOT / "study" / "urls.py"))["urlpatterns"]
    assert "administration/" in {str(each.pattern) for each in patterns}
