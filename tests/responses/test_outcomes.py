from dataclasses import asdict

import pytest

from study.protocol.rubric import SECTIONS
from study.responses.inputs import clean_sections
from study.responses.outcomes import is_in_language, is_refusal, read_answer, sections_outcome
from study.responses.parsing import render_answer
from tests.model_server import COMPLETE
from vignettes.bank import CONTENT_DIRECTORY
from vignettes.schema import load_directory

GERMAN = "Warfarin absetzen, den INR täglich kontrollieren und Vitamin K durch den Mund geben."
CHINESE = "立即停用华法林，每天监测国际标准化比值，口服维生素K。"


@pytest.mark.parametrize(
    ("content", "finish_reason", "outcome"),
    [
        (COMPLETE, "stop", "answered"),
        (f"<think>why</think><answer>{COMPLETE}</answer>", "stop", "answered"),
        (COMPLETE, "length", "truncated"),
        (None, "length", "truncated"),
        ("<think>I was about to", "length", "truncated"),
        ("", "stop", "empty"),
        (None, "stop", "empty"),
        ("<think>I never end this thought", "stop", "unclosed"),
        (f"<think>why</think><answer>{COMPLETE}", "stop", "unclosed"),
        ("I'm sorry, but I can't help with that.", "stop", "refused"),
        (GERMAN, "stop", "language"),
        (CHINESE, "stop", "language"),
        ("Stop warfarin and check the INR every day.", "stop", "unparsed"),
    ],
)
def test_each_way_an_answer_can_come_out_has_its_name(
    content: str | None, finish_reason: str, outcome: str
) -> None:
    assert read_answer(content, "", finish_reason).outcome == outcome


def test_a_refusal_is_told_from_advice_against_an_act() -> None:
    refused = clean_sections({"assessment": "I am unable to provide medical advice."})
    advised = clean_sections({"assessment": "I cannot exclude a bleed: stop warfarin."})
    whole = clean_sections(dict.fromkeys(SECTIONS, "I will not restart it."))
    assert is_refusal(refused)
    assert not is_refusal(advised)
    assert not is_refusal(whole)


def test_no_reference_answer_of_the_bank_is_taken_for_a_refusal_or_another_language() -> None:
    for content in load_directory(CONTENT_DIRECTORY):
        for text in (*asdict(content.reference_answer).values(), *(p.text for p in content.key_points)):
            assert is_in_language(text)
            assert not is_refusal(clean_sections({"assessment": text}))


def test_doses_and_drug_names_alone_are_of_no_language() -> None:
    assert is_in_language("Amoxicillin 500 mg PO tds; INR 2-3; β-lactam; 1 µg/kg")


def test_sections_that_were_imported_are_judged_without_their_tags() -> None:
    assert sections_outcome(clean_sections({}), "stop") == "empty"
    assert sections_outcome(clean_sections(dict.fromkeys(SECTIONS, "Text.")), "stop") == "answered"
    assert sections_outcome(clean_sections(dict.fromkeys(SECTIONS, "Text.")), "length") == "truncated"


def test_a_complete_answer_survives_rendering_and_reading() -> None:
    sections = clean_sections({code: f"Point about {code}." for code in SECTIONS})
    assert read_answer(render_answer(sections), "", "stop").sections == sections
