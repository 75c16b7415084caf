import json
from typing import Any

import pytest

from study.protocol.errors import Conflict, InvalidInput, PhaseClosed
from study.protocol.models import Study
from study.protocol.queries import model_arms
from study.protocol.rubric import SECTIONS
from study.protocol.services import sign_approval_exception
from study.responses.jsonlines import TOO_MUCH
from study.responses.models import GenerationAttempt, ModelSetup, Response
from study.responses.queries import generation_board
from study.responses.services.closing import close_answering
from study.responses.services.imports import ImportReport, import_answers
from study.responses.services.opening import open_answering
from study.responses.services.receipts import verify_receipt
from tests.builders import NOW, PASSWORD, add_people, draft_study
from tests.model_server import COMPLETE
from tests.responses.conftest import imported_study, lead, opened_study

PROVENANCE = {
    "model": "big-model",
    "revision": "abc",
    "engine": "vllm",
    "prompt": "Case …",
    "sampling": {"temperature": 0.7},
    "seed": 5,
    "finish_reason": "stop",
    "duration_s": 1.5,
}


def _line(draw: Any = 1, *, provenance: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    line = {"arm": "model-1", "vignette": "MS-01", "draw": draw, "text": COMPLETE, **fields}
    return line | {"provenance": {**PROVENANCE, **(provenance or {})}}


def _import(study: Study, *lines: dict[str, Any] | str) -> ImportReport:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    return import_answers(study_id=study.pk, person=lead(), lines=text, now=NOW)


def _faults(study: Study, *lines: dict[str, Any] | str) -> list[str]:
    with pytest.raises(InvalidInput, match="Nothing was imported") as refusal:
        _import(study, *lines)
    assert not Response.objects.exists()
    return refusal.value.details


@pytest.fixture
def study(db: None) -> Study:
    return imported_study()


def test_a_line_that_is_nested_too_deeply_is_a_fault(study: Study) -> None:
    line = json.dumps(_line()).replace("0.7", "[" * 500 + "]" * 500)
    assert _faults(study, line) == [f"line 1: {TOO_MUCH}"]


def test_a_text_becomes_a_response_with_its_provenance(study: Study) -> None:
    assert _import(study, _line()).stored == 1
    response, attempt = Response.objects.get(), GenerationAttempt.objects.get()
    assert (response.status, response.attempt, response.draw) == ("answered", attempt, 1)
    assert (attempt.engine, attempt.model, attempt.seed) == ("vllm", "big-model", 5)
    assert attempt.sampling == {"temperature": 0.7}
    assert verify_receipt(response)


def test_sections_are_taken_as_they_are(study: Study) -> None:
    sections = {code: f"On {code}" for code in SECTIONS}
    line = _line() | {"sections": sections}
    del line["text"]
    _import(study, line)
    assert Response.objects.get().sections == sections


def test_reasoning_in_an_imported_text_is_kept_apart(study: Study) -> None:
    _import(study, _line(text=f"<think>why</think>{COMPLETE}"))
    assert GenerationAttempt.objects.get().reasoning == "why"
    assert "why" not in Response.objects.get().sections["assessment"]


def test_an_imported_answer_that_was_cut_off_says_so(study: Study) -> None:
    _import(study, _line(provenance={"finish_reason": "length"}))
    assert Response.objects.get().status == "truncated"


def test_the_same_file_again_changes_nothing(study: Study) -> None:
    _import(study, _line(1), _line(2))
    report = _import(study, _line(1), "", _line(2), _line(2))
    assert (report.stored, report.unchanged) == (0, 3)
    assert Response.objects.count() == 2


@pytest.mark.parametrize("change", [{"text": "Other."}, {"provenance": {"seed": 6}}])
def test_another_answer_for_the_same_draw_is_a_conflict_and_nothing_comes_in(
    study: Study, change: dict[str, Any]
) -> None:
    _import(study, _line(1))
    with pytest.raises(Conflict) as conflict:
        _import(study, _line(2), _line(1, **change))
    assert conflict.value.details[0].startswith("line 2: model-1, MS-01, draw 1")
    assert Response.objects.count() == 1


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "line 2: is not JSON"),
        ("[]", "line 2: must be an object"),
        ('{"arm": "a", "arm": "b"}', "line 2: is not JSON: a key occurs twice"),
        ('{"draw": NaN}', "line 2: is not JSON: NaN is no finite number"),
        ('{"draw": 1e999}', "line 2: is not JSON: 1e999 is no finite number"),
        ("[" * 100_000, "line 2: is nested too deeply"),
        (_line(2, extra=1), "line 2: extra: is not known"),
        (_line(2, arm=7), "line 2: arm: must be a text"),
        (_line(True), "line 2: draw: must be a whole number"),
        (_line(2, text=None), "line 2: text: must be a text"),
        (_line(2, sections={}), "line 2: give either sections or text, and not both"),
        (_line(2, arm="model-9"), "line 2: arm: the study has no model arm 'model-9'"),
        (_line(2, vignette="XX-01"), "line 2: vignette: the study has no vignette 'XX-01'"),
        (_line(3), "line 2: draw: must be from 1 to 2, not 3"),
        (_line(0), "line 2: draw: must be from 1 to 2, not 0"),
        (_line(2, provenance={"seed": "5"}), "line 2: provenance.seed: must be a whole number or null"),
        (_line(2, provenance={"seed": 2**70}), "line 2: provenance.seed: must be from 0 to 2147483647"),
        (_line(2, provenance={"modle": "x"}), "line 2: provenance.modle: is not known"),
        (_line(2, provenance={"model": "x" * 121}), "line 2: provenance.model: has 121 characters"),
    ],
)
def test_every_fault_names_its_line_and_field(study: Study, line: dict[str, Any] | str, fault: str) -> None:
    assert _faults(study, _line(1), line)[0].startswith(fault)


def test_missing_fields_are_all_named_at_once(study: Study) -> None:
    faults = _faults(study, {"arm": "model-1", "provenance": {}}, {"arm": "model-1", "vignette": "MS-01"})
    assert faults == [
        "line 1: vignette: is missing",
        "line 1: draw: is missing",
        "line 2: draw: is missing",
        "line 2: provenance: is missing",
    ]


def test_unknown_sections_are_named(study: Study) -> None:
    line = _line() | {"sections": {"summary": "x"}}
    del line["text"]
    assert _faults(study, line)[0].startswith("line 1: sections: summary is no section")


def test_a_file_without_answers_is_refused(study: Study) -> None:
    assert _faults(study, "", " ") == ["there is no line with an answer"]


def test_many_faults_are_listed_up_to_fifty(study: Study) -> None:
    assert _faults(study, *["{"] * 80)[-1] == "and 30 more"


def test_an_arm_that_is_asked_here_takes_no_imported_answers(db: None) -> None:
    assert "takes no imported answers" in _faults(opened_study(), _line())[0]


def test_nothing_is_imported_after_the_close(study: Study) -> None:
    close_answering(study_id=study.pk, person=lead(), reason="Late.", now=NOW)
    with pytest.raises(PhaseClosed):
        _import(study, _line())


def test_the_board_counts_the_draws_that_are_awaited(study: Study) -> None:
    _import(study, _line())
    assert generation_board(study).awaited_imports == 3


def test_a_simulated_answer_stays_out_of_a_real_study(db: None) -> None:
    study = draft_study(simulated=False, models=1)
    add_people(study, raters=0)
    for arm in model_arms(study):
        ModelSetup.objects.create(arm=arm, engine="imported", model="m", prompt_version="imported")
    sign_approval_exception(study_id=study.pk, person=lead(), password=PASSWORD, reason="Rehearsal.", now=NOW)
    open_answering(study_id=study.pk, person=lead(), now=NOW)
    faults = _faults(study, _line(provenance={"simulated": True}))
    assert faults == ["line 1: provenance.simulated: a simulated answer belongs to a simulated study"]


def test_a_file_beyond_all_measure_is_refused(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("study.responses.jsonlines.MAX_CHARS", 10)
    assert "larger than" in _faults(study, _line())[0]
