"""The terminal summary, the page and the canonical results."""

import json
from html.parser import HTMLParser

import pytest

from analysis.canonical import to_json
from tests.analysis.quick.conftest import PAIRED, REAL, run_quick, study

LONG = tuple((f"a system with a rather long name, number {i}", 1) for i in range(6))


class Page(HTMLParser):
    """Tags of a page, and the attributes of its headers."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.scopes = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "th":
            self.scopes.append(dict(attrs).get("scope"))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module", params=["few comparisons", "many comparisons", "differences"])
def outcome(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("quick")
    if request.param == "differences":
        return run_quick(folder, REAL, *PAIRED)
    arms = LONG if request.param == "many comparisons" else (("model", 1), ("doctors", 6))
    return run_quick(folder, study(arms=arms, dimensions=("safety", "usefulness")))


def test_no_line_of_the_summary_is_longer_than_80_columns(outcome):
    lines = outcome.out.split("\n\n" + str(outcome.folder))[0].split("\n")
    assert max(map(len, lines)) <= 80


def test_everything_is_marked_exploratory(outcome):
    said = "exploratory: no plan was locked"
    assert said in outcome.out
    assert said in outcome.report
    assert outcome.results["status"].startswith(said)


def test_the_margin_of_the_program_is_said_to_be_nobodys(outcome):
    for text in (outcome.out, outcome.report):
        assert "set by the program, not justified by anyone" in " ".join(text.split())


def test_the_page_stands_alone_and_its_tables_are_accessible(outcome):
    page = Page(outcome.report)
    assert page.open == []
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert page.tags.count("caption") == page.tags.count("table") > 5
    assert set(page.scopes) == {"col", "row"}
    assert '<html lang="en-GB">' in outcome.report
    assert "@media print" in outcome.report


def test_results_are_canonical(outcome):
    text = (outcome.folder / "results.json").read_text(encoding="utf-8")
    assert to_json(json.loads(text)) == text


def test_claim_words_are_the_four_or_not_estimable(outcome):
    words = {c["word"].split(" (")[0].split(",")[0] for c in outcome.results["comparisons"]}
    assert words <= {"superior", "non-inferior", "equivalent", "inconclusive", "not estimable"}


def test_the_same_file_gives_the_same_bytes(quick):
    first, second = (quick(study()) for _ in range(2))
    assert first.report == second.report
    assert first.results == second.results


def test_names_of_the_file_are_escaped_in_the_page(quick):
    rows = study(arms=(("<b>model</b>", 1), ("doctors", 6)))
    page = quick(rows).report
    assert "&lt;b&gt;model&lt;/b&gt;" in page
    assert "<b>" not in page


def test_many_comparisons_share_a_legend_of_faults(quick):
    out = quick(study(arms=LONG)).out
    assert "not estimable: a" in out
    assert "  a  one responder answers everything for the second arm" in out
