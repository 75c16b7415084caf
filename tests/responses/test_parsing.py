import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.engines.reasoning import split_reasoning
from study.protocol.rubric import SECTIONS
from study.responses.inputs import clean_sections
from study.responses.parsing import parse_answer, render_answer

FULL = {code: f"About {code}." for code in SECTIONS}
WORDS = st.text(alphabet="abc XYZ.,%µ≥²0123456789\n", max_size=80)


@given(st.fixed_dictionaries(dict.fromkeys(SECTIONS, WORDS)))
def test_what_is_rendered_is_parsed_back_field_by_field(sections: dict[str, str]) -> None:
    cleaned = clean_sections(sections)
    assert parse_answer(render_answer(cleaned)) == cleaned


@pytest.mark.parametrize(
    "mark",
    ["## {}", "### {}:", "**{}**", "**{}:**", "{}:", "1. {}", "**2. {}**", "3) **{}**", "{}", "__{}__"],
)
def test_headings_are_found_however_they_are_marked(mark: str) -> None:
    text = "\n".join(f"{mark.format(heading)}\n{FULL[code]}" for code, heading in SECTIONS.items())
    assert parse_answer(text) == FULL


@pytest.mark.parametrize("mark", ["{}: {}", "**{}:** {}", "**{}**: {}", "**{}** {}", "## {}: {}"])
def test_text_may_follow_its_heading_on_the_line(mark: str) -> None:
    text = "\n".join(mark.format(heading, FULL[code]) for code, heading in SECTIONS.items())
    assert parse_answer(text) == FULL


@pytest.mark.parametrize("heading", ["Avoid", "WHAT TO AVOID", "Things to avoid"])
def test_synonyms_of_a_heading_are_understood(heading: str) -> None:
    assert parse_answer(f"## Assessment\nA\n## {heading}\nB")["avoid"] == "B"


@pytest.mark.parametrize(
    "line",
    ["Monitoring of potassium is needed.", "Avoid NSAIDs.", "- Monitoring: potassium", "Assessment by day"],
)
def test_a_sentence_that_begins_with_a_section_word_is_no_heading(line: str) -> None:
    assert parse_answer(f"## Recommended action\n{line}")["recommended_action"] == line


def test_a_text_without_headings_is_kept_whole_in_the_assessment() -> None:
    assert parse_answer("I cannot help with this.")["assessment"] == "I cannot help with this."


def test_text_before_the_first_heading_is_not_dropped() -> None:
    assert parse_answer("Preface.\n## Assessment\nText.")["assessment"] == "Preface.\n\nText."


def test_a_heading_that_comes_twice_adds_to_its_section() -> None:
    assert parse_answer("## Monitoring\nA\n## Monitoring\nB")["monitoring"] == "A\n\nB"


@pytest.mark.parametrize(
    ("content", "answer", "thoughts"),
    [
        ("<think>why</think>Yes", "Yes", "why"),
        ("<think>a</think>Yes<think>b</think> indeed", "Yes indeed", "a\n\nb"),
        ("why</think>Yes", "Yes", "why"),
        ("<think>why", "", "why"),
        ("<think>why</think><answer>Yes</answer> bye", "Yes", "why\n\nbye"),
        ("musing <answer>Yes", "Yes", "musing"),
        ("why</think>Yes</answer> bye", "Yes", "why\n\nbye"),
        ("<THINK>why</THINK>Yes", "Yes", "why"),
        ("Yes", "Yes", ""),
        (None, "", ""),
    ],
)
def test_reasoning_in_tags_is_kept_apart(content: str | None, answer: str, thoughts: str) -> None:
    assert split_reasoning(content) == (answer, thoughts)


@pytest.mark.parametrize("fields", [("why", None), (None, "why"), ("why", "why")])
def test_both_names_of_the_reasoning_field_are_read(fields: tuple[str | None, str | None]) -> None:
    assert split_reasoning("Yes", *fields) == ("Yes", "why")
