"""Many writers at once, each on its own connection: every chain stays one chain."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from study.participants.tokens import create_token
from study.protocol.audit_verify import verify
from study.protocol.models import AuditEvent, Study
from study.protocol.transactions import locked_study, record_event
from tests.builders import NOW, draft_study, person

WRITERS = 50


def at_once(acts: list[Callable[[], Any]]) -> list[BaseException]:
    """Run the acts on as many connections at the same moment and return what went wrong."""
    barrier, failures = threading.Barrier(len(acts)), []

    def run(act: Callable[[], Any]) -> None:
        try:
            barrier.wait()
            act()
        except BaseException as error:  # noqa: BLE001  what went wrong is what the test looks at
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def _relabel(study_id: int, number: int) -> Callable[[], None]:
    def act() -> None:
        with locked_study(study_id) as study:
            study.arms.update(label=f"Label {number}")
            record_event(study=study, person=None, action="test.label", now=NOW, detail={"number": number})

    return act


def _sequences(chain: int) -> list[int]:
    return list(
        AuditEvent.objects.filter(chain=chain).order_by("sequence").values_list("sequence", flat=True)
    )


@pytest.fixture
def study(template_db: None) -> Study:
    return draft_study(vignettes=1)


def test_fifty_writers_at_once_make_one_chain_of_a_study(study: Study) -> None:
    assert at_once([_relabel(study.pk, number) for number in range(WRITERS)]) == []
    assert _sequences(study.pk) == list(range(1, WRITERS + 2))
    assert [line for line in verify(study).lines() if not line.startswith("ok")] == []


def test_fifty_writers_without_a_study_make_one_chain_of_the_installation(study: Study) -> None:
    lead, before = person("lead@example.org"), len(_sequences(0))
    acts = [lambda: create_token(person=lead, label="one of many", now=NOW)] * WRITERS
    assert at_once(acts) == []
    assert _sequences(0) == list(range(1, before + WRITERS + 1))


@pytest.mark.postgresql
def test_writers_of_two_studies_do_not_wait_for_each_other(study: Study) -> None:
    other = draft_study(slug="other", vignettes=1)
    with locked_study(study.pk):
        assert at_once([_relabel(other.pk, 1)]) == []
    assert _sequences(other.pk) == [1, 2]
