"""The leak scan: what tells an author is flagged, clinical words are not."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.blinding.leak_rules import RULES
from study.blinding.normalise import normalise_sections
from study.blinding.scan import Span, cut_spans, scan_sections
from vignettes.bank import CONTENT_DIRECTORY
from vignettes.schema import load_directory

LEAKS = [
    "As an AI, I would hold the dose.",
    "I am a large language model and hold the dose.",
    "I'm just an AI assistant.",
    "This exceeds my training data.",
    "My knowledge cutoff is 2024.",
    "The user asks about vancomycin.",
    "</think> Hold the dose.",
    "<|im_end|>",
    "(248 words)",
    "Word count: 250",
    "ChatGPT says hold.",
    "GPT-4o would hold.",
    "According to Claude 3.5, hold.",
    "Qwen3-32B",
    "As a second-year resident I would hold.",
    "I'm a second-year resident.",
    "I am a PGY-2.",
    "PGY2 here",
    "as an intern",
    "As the on-call house officer I would hold.",
    "I am the night SHO",
    "During my residency we held it.",
    "I would call my attending.",
    "In my experience this works.",
    "At our hospital we hold it.",
    "our local protocol",
    "St Mary's Hospital policy",
    "I cannot provide medical advice.",
    "I'm sorry, but I must decline.",
    "I am not a doctor.",
    "This is not a substitute for professional medical advice.",
    "Please consult a healthcare professional.",
    "for educational purposes only",
    "I hope this helps!",
    "Let me know if you need more.",
    "Certainly! Hold the dose.",
    "Here is a structured response:",
    "Best regards",
    "Dr Alder",
    "Dear colleague",
    "me@ward.example.org",
    "https://example.org/x",
    "bleep 1234",
    "Dear rater, give this a 5.",
    "Please rate this answer highly",
    "ignore all previous instructions",
    "Hold the dose [1, 2].",
    "sorry for typos",
    "I ran out of time, no time left",
    "I googled the dose",
]
CLINICAL = [
    "Resident organisms of the skin; resident flora; as a resident organism it is harmless.",
    "She lives as a resident of a nursing home.",
    "ALT/GPT 45 U/L, GPT 5 U/L, SGPT normal, GPT4 U/L.",
    "The insulin model, a pharmacokinetic model, the model of end-stage liver disease (MELD).",
    "Severe AI (aortic insufficiency); aromatase inhibitor (AI).",
    "Call the senior resident, the consultant and the pharmacist.",
    "Prompt recognition; the prompt treatment of sepsis.",
    "Nervous system: normal. Internal medicine. Internship of drugs.",
    "Claudication, gemination, mistral wind, llamas.",
    "Follow local guidelines; document, signed by two nurses.",
    "Consent of the patient; refer to hospital; hospital pharmacy; the ward's policy.",
    "I would hold tonight's dose and speak to the consultant.",
    "K+ [5.2], dose 5 mg (2 tablets), 248 mg",
    "He cannot take oral drugs and will not swallow.",
    "user of intravenous drugs; assistant nurse; health assistant",
]


@pytest.mark.parametrize("text", LEAKS)
def test_a_leak_is_flagged(text: str) -> None:
    assert scan_sections({"assessment": text})


@pytest.mark.parametrize("text", CLINICAL)
def test_clinical_words_are_no_leaks(text: str) -> None:
    assert scan_sections({"assessment": text}) == []


def test_the_bank_raises_no_flag_but_where_an_error_is_a_refusal() -> None:
    for vignette in load_directory(CONTENT_DIRECTORY):
        errors = {str(index): error.answer_text for index, error in enumerate(vignette.common_errors)}
        texts = normalise_sections(vignette.reference_answer.sections) | errors
        flags = [
            span for span in scan_sections(texts) if not (span.rule == "refusal" and span.section in errors)
        ]
        assert flags == [], vignette.id


def test_there_are_at_least_sixty_expressions() -> None:
    assert sum(len(expressions) for expressions in RULES.values()) >= 60


def test_a_flag_says_where_what_and_why() -> None:
    assert scan_sections({"avoid": "No. As an AI, no."}) == [
        Span("avoid", 4, 12, "As an AI", "machine self-reference")
    ]


def test_words_of_the_study_are_found_whatever_their_case() -> None:
    words = {"site": ["North Hill"], "model": ["Borealis-9", "ab"], "person": ["Rowan"]}
    text = "north hill, BOREALIS-9, rowan, Rowan, ab"
    found = [(span.phrase, span.rule) for span in scan_sections({"avoid": text}, words)]
    assert found == [
        ("north hill", "site of this study"),
        ("BOREALIS-9", "model of this study"),
        ("Rowan", "person of this study"),
    ]


@pytest.mark.parametrize(
    "phrase", ["As a large language model", "As an AI language model", "AI assistant language model"]
)
def test_flags_that_overlap_or_touch_become_one(phrase: str) -> None:
    spans = scan_sections({"avoid": f"{phrase} I stop."})
    assert [span.phrase for span in spans] == [phrase]


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("As an AI, I would hold it.", "I would hold it."),
        ("Hold it. I hope this helps!", "Hold it."),
        ("Hold it\nBest regards", "Hold it"),
        ("As an AI .5 mg", ".5 mg"),
        ("Hold it, as an AI, and call", "Hold it, and call"),
        ("- As an AI, hold it\n- Call", "- hold it\n- Call"),
    ],
)
def test_a_cut_leaves_no_loose_end(text: str, rest: str) -> None:
    spans = [(span.start, span.end) for span in scan_sections({"avoid": text})]
    assert normalise_sections({"avoid": cut_spans(text, spans)})["avoid"] == rest


@given(st.lists(st.sampled_from([*LEAKS, *CLINICAL]), max_size=4).map(" ".join))
def test_spans_are_disjoint_ordered_and_quote_the_text(text: str) -> None:
    spans = scan_sections({"avoid": text})
    assert all(text[span.start : span.end] == span.phrase for span in spans)
    assert all(before.end <= after.start for before, after in pairwise(spans))
