"""The normaliser: one form for all arms, the same clinical meaning, and a second run that changes nothing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.blinding.normalise import is_empty, normalise_sections, normalise_text
from study.protocol.rubric import SECTIONS
from vignettes.bank import CONTENT_DIRECTORY
from vignettes.schema import load_directory

MEANING = [
    "10² and 10⁻³ stay raised",
    "½ tablet, then 1½ tablets",
    "5 µg/kg/min",
    "eGFR ≥30 and <60, K+ >6.0, INR ≤1.5",
    "base excess -5 mmol/L",
    "-5 mmol/L at the start of a line",
    "> 5 mmol/L",
    "1·5 mg",
    "37.8 °C",
    "CYP2C19 *2/*17, HLA-B*57:01, 2*3*4",
    "10**9/L to 12**9/L",
    "↑K, ↓Na, ♂ 68 years",
    "# neck of femur",
    "# left hip",
    "K => 6 is left as it was written",
    "[K+](mmol/L) 5.2",
    "$5 against $6",
    "CrCl <30 and K>5",
    "a stray 10. Then stop",
    "teh speling stays",
]
FORM = {
    "**Stop** the drug — now": "Stop the drug - now",
    "__Stop__ _it_ *now* `please`": "Stop it now please",
    "## Assessment ##\nText": "Assessment\nText",
    "# Assessment\nText": "Assessment\nText",
    "1. Stop\n2. Give 5 mg": "- Stop\n- Give 5 mg",
    "1) Stop\n2) Give": "- Stop\n- Give",
    "1- Stop\n2- Give": "- Stop\n- Give",
    "1.Stop\n2.Give": "- Stop\n- Give",
    "a) Stop\nb) Give": "- Stop\n- Give",
    "1️⃣ Stop\n2️⃣ Give": "- Stop\n- Give",
    "• Stop\n◦ Give\n* Wait\n– Look\n- [ ] Ask": "- Stop\n- Give\n- Wait\n- Look\n- Ask",
    "A\n\n\n  B  c\t d": "A\nB c d",
    "A\r\nB\rC": "A\nB\nC",
    "| Drug | Dose |\n|---|:-:|\n| A | 5 mg |": "Drug; Dose\nA; 5 mg",
    "[the guideline](https://example.org/a) says": "the guideline says",
    "“quoted” ‘so’ it’s": "\"quoted\" 'so' it's",
    "one… two": "one... two",
    "15–20 mg, −5, x—y": "15-20 mg, -5, x - y",
    "a\u00a0b\u200bc\ufeff": "a bc",
    "\uff13\uff10\uff4d\uff47": "30mg",
    "ﬂuid 𝐛𝐨𝐥𝐝": "fluid bold",
    "❌ NSAIDs\n✅ Fluids": "- No: NSAIDs\n- Fluids",
    "Well done 👍🏽 ⚠️ now": "Well done now",
    "K >= 6, INR <= 2, +/- 1": "K ≥ 6, INR ≤ 2, ± 1",
    "$\\geq 30$ mL and 10^{9}": "≥ 30 mL and 10^9",
    "10<sup>2</sup> CO<sub>2</sub> <b>x</b><br>y &lt;5": "10² CO₂ x\ny <5",
    "x<sup>a</sup> &#62; &#x35; &nosuch; &#55296;": "x^a > 5 &nosuch;",
    "\\frac{a+b}{72} \\text{mL}": "(a+b)/72 mL",
    "```text\nStop\n```": "Stop",
    "---\nStop\n***": "Stop",
    "-": "",
}
JOINING = {
    "dose→5 mg": "dose -> 5 mg",
    "x←5": "x <- 5",
    "①5 mg": "(1) 5 mg",
    "1️⃣5 mg": "(1) 5 mg",
    "5💊10": "5 10",
    "1\\frac{1}{2}": "1 1/2",
    "<td>5</td><td>10</td>": "5; 10;",
}
PIECES = st.sampled_from(
    [
        *"*_`#~|-–—>=<[]()$\\^{}&;.!0123ab \n•①✅❌→µμ²½",
        "1. ",
        "2. ",
        "**",
        "```",
        "|---|",
        "&lt;",
        "<br>",
        "](https://a.b)",
    ]
)


@pytest.mark.parametrize("text", MEANING)
def test_clinical_meaning_is_left_as_it_is(text: str) -> None:
    assert normalise_text(text) == text


@pytest.mark.parametrize(("text", "canonical"), FORM.items())
def test_form_becomes_canonical(text: str, canonical: str) -> None:
    assert normalise_text(text) == canonical


@pytest.mark.parametrize(("text", "canonical"), JOINING.items())
def test_figures_never_grow_together_nor_meet_a_comparison_sign(text: str, canonical: str) -> None:
    assert normalise_text(text) == canonical


def test_a_greek_word_keeps_its_letter() -> None:
    assert normalise_text("5 μg, μετά") == "5 µg, μετά"


@given(st.lists(PIECES, max_size=60).map("".join))
def test_a_second_run_changes_nothing_on_markup(text: str) -> None:
    canonical = normalise_text(text)
    assert normalise_text(canonical) == canonical


@given(st.text(max_size=60))
def test_a_second_run_changes_nothing_on_any_text(text: str) -> None:
    canonical = normalise_text(text)
    assert normalise_text(canonical) == canonical


def test_every_figure_of_the_bank_survives() -> None:
    for vignette in load_directory(CONTENT_DIRECTORY):
        for text in [
            *vignette.reference_answer.sections.values(),
            *(e.answer_text for e in vignette.common_errors),
        ]:
            assert re.findall(r"\d+", normalise_text(text)) == re.findall(r"\d+", text), vignette.id


def test_all_five_sections_come_back_in_their_order() -> None:
    assert list(normalise_sections({"avoid": " **No** NSAIDs "})) == list(SECTIONS)


def test_sections_of_blanks_and_rules_are_empty() -> None:
    assert is_empty(normalise_sections({"avoid": "  \n---\n", "monitoring": "-"}))
