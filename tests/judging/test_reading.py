"""A judge's reply is read strictly: scores, or an outcome with a name."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.judging.reading import Reply, read_reply, strict_judgement
from tests.judging.world import GOOD, JUDGEMENT, SCORES, result, said

DOUBLED = GOOD[:-1] + ', "medication_safety": 5}'


def changed(**fields: Any) -> str:
    return json.dumps({**JUDGEMENT, **fields})


def without(name: str) -> str:
    return json.dumps({key: value for key, value in JUDGEMENT.items() if key != name})


def test_a_judgement_is_read_with_its_rationale() -> None:
    assert read_reply(result(GOOD)) == Reply("scored", "", "It holds the dose.", SCORES)


@pytest.mark.parametrize("blank", ["{}", "  {}\n", "<think>Why.</think>\n{}", "Why.</think>{}"])
def test_blanks_and_thoughts_around_it_change_nothing(blank: str) -> None:
    reply = read_reply(result(blank.replace("{}", GOOD)))
    assert (reply.outcome, reply.scores) == ("scored", SCORES)
    assert reply.reasoning in ("", "Why.")


def test_the_servers_own_reasoning_is_kept_apart() -> None:
    assert read_reply(result(GOOD, reasoning="Why.")).reasoning == "Why."


def test_a_rationale_may_quote_the_tags_that_divide_thought_from_answer() -> None:
    quoting = changed(rationale="It writes </think> and <answer>5</answer>: no help.")
    reply = read_reply(result(quoting))
    assert (reply.outcome, reply.scores) == ("scored", SCORES)
    assert "</think>" in reply.rationale


@pytest.mark.parametrize(
    "content",
    [
        changed(medication_safety=0),
        changed(medication_safety=6),
        changed(medication_safety=4.0),
        changed(medication_safety=True),
        changed(medication_safety="4"),
        changed(medication_safety=None),
        changed(medication_safety=[4]),
        changed(overall=5),
        changed(rationale=7),
        without("medication_safety"),
        without("rationale"),
        DOUBLED,
        GOOD.replace(": 4", ": NaN"),
        GOOD.replace(": 4", ": 4e0"),
        GOOD.replace(": 4", ": " + "9" * 5000),
        f"```json\n{GOOD}\n```",
        f"Here it is: {GOOD}",
        f"{GOOD} {GOOD}",
        f"[{GOOD}]",
        GOOD[:-1],
        "[" * 100_000,
        "medication_safety: 4",
        "4",
    ],
)
def test_anything_but_the_asked_form_is_unparsed(content: str) -> None:
    reply = read_reply(result(content))
    assert (reply.outcome, reply.scores, reply.rationale) == ("unparsed", {}, "")


@pytest.mark.parametrize(
    ("content", "fields", "outcome"),
    [
        (GOOD, {"finish_reason": "length"}, "truncated"),
        (None, {"finish_reason": "length", "reasoning": "I was"}, "truncated"),
        ("", {}, "empty"),
        (None, {}, "empty"),
        ("<think>Only thoughts</think>", {}, "empty"),
        ("I'm sorry, but I can't help with that.", {}, "refused"),
        (None, {"raw_response": said(None, refusal="I will not.")}, "refused"),
        (None, {"finish_reason": "content_filter"}, "refused"),
        (GOOD, {"finish_reason": "content_filter"}, "refused"),
        (changed(rationale="It says: I cannot help with that."), {}, "scored"),
    ],
)
def test_each_way_a_reply_can_come_out_has_its_name(
    content: str | None, fields: dict[str, Any], outcome: str
) -> None:
    assert read_reply(result(content, **fields)).outcome == outcome


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_no_text_breaks_the_reading(text: str) -> None:
    assert read_reply(result(text)).outcome in {"empty", "refused", "unparsed"}


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_no_other_json_is_taken_for_a_judgement(value: Any) -> None:
    assert strict_judgement(json.dumps(value)) is None
