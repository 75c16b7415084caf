"""The rendering of a response: a function of its text, the same frame for every one."""

from study.protocol.rubric import SECTIONS
from study.ratings.rendering import TextBlock, render_sections, render_text


def test_lines_become_paragraphs_and_runs_of_points_lists() -> None:
    assert render_text("First\n- one\n- two\nLast\nEnd") == (
        TextBlock(False, ("First",)),
        TextBlock(True, ("one", "two")),
        TextBlock(False, ("Last",)),
        TextBlock(False, ("End",)),
    )


def test_all_five_headings_stand_in_their_order_also_without_text() -> None:
    rendered = render_sections({"avoid": "No dose"})
    assert [section.heading for section in rendered] == list(SECTIONS.values())
    assert [bool(section.blocks) for section in rendered] == [False, False, True, False, False]


def test_a_negative_figure_is_no_point_of_a_list() -> None:
    assert render_text("-5 mmol/L") == (TextBlock(False, ("-5 mmol/L",)),)


def test_empty_lines_and_outer_blanks_carry_no_meaning() -> None:
    assert render_text("\n  A \n\n\n B\n") == render_text("A\nB")
