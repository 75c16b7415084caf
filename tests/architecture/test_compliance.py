"""The map of regulations is whole, names tests that exist, and claims no more than it may."""

import re
from pathlib import Path

import pytest

from tests.architecture.registers import Row, missing_tests, names_tests_alone, rows_of
from tests.architecture.sources import ROOT

PAGE = ROOT / "docs" / "compliance.md"
DUTIES = {"site's duty", "operator's duty"}
WITH_A_REASON = re.compile(r"not (?:applicable|met): \w.+")
PART_11 = (
    *(f"11.10({letter})" for letter in "abcdefghij"),
    *("11.10(k)(1)", "11.10(k)(2)", "11.30"),
    *("11.50(a)(1)", "11.50(a)(2)", "11.50(a)(3)", "11.50(b)", "11.70"),
    *("11.100(a)", "11.100(b)", "11.100(c)"),
    *("11.200(a)(1)", "11.200(a)(1)(i)", "11.200(a)(1)(ii)", "11.200(a)(2)", "11.200(a)(3)", "11.200(b)"),
    *(f"11.300({letter})" for letter in "abcde"),
)
ICH = (
    *("3.16.1", "3.16.2", "3.16.3", "3.16.4", "4.1.1", "4.1.2", "4.1.3", "4.1.4"),
    *(f"4.2.{number}" for number in range(1, 9)),
    *(f"4.3.{number}" for number in range(1, 9)),
)
GDPR = ("5(1)", "5(2)", "15", "17", "20", "21", "25", "30", "32(1)", "89")
# Version 5.0.0: each section, and the last of its requirements that belongs to the levels 1 and 2.
ASVS = """
    1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1 5.1:1
    5.2:3 5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 8.1:2 8.2:3 8.3:1
    8.4:1 11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2 12.3:4 13.1:1 13.2:5 13.3:2 13.4:5 14.1:2
    14.2:4 14.3:3 15.1:3 15.2:3 15.3:7 16.1:1 16.2:5 16.3:4 16.4:3 16.5:3
"""
# Chapters and sections that do not apply as a whole.
ASVS_WHOLE = ("V9", "V10", "V17", "4.3", "4.4", "6.8", "7.6")
CLAIM = re.compile(r"\bcompliant\b|\bcertified\b", re.IGNORECASE)
PUBLISHED = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")])


def rows(heading: str = "") -> list[Row]:
    return [row for row in rows_of(PAGE) if row.heading.startswith(heading)]


def clauses(heading: str) -> set[str]:
    return {clause.removeprefix("Art. ") for row in rows(heading) for clause in row.name.split(", ")}


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.name}: {row.cells[1]}"[:60])
def test_a_row_is_proved_by_tests_that_exist_or_says_whose_duty_it_is_or_why_not(row: Row) -> None:
    assert len(row.cells) == 4 and all(row.cells)
    if row.proof in DUTIES or WITH_A_REASON.fullmatch(row.proof):
        return
    assert names_tests_alone(row.proof)
    assert missing_tests(row.proof) == []


@pytest.mark.parametrize(
    ("heading", "wanted"), [("21 CFR Part 11", PART_11), ("ICH E6(R3)", ICH), ("GDPR", GDPR)]
)
def test_every_clause_has_a_row(heading: str, wanted: tuple[str, ...]) -> None:
    found = clauses(heading)
    assert [clause for clause in wanted if not any(_is_part(each, clause) for each in found)] == []


def _is_part(found: str, clause: str) -> bool:
    return found == clause or found.startswith(f"{clause}(")


def test_every_requirement_of_the_first_two_levels_has_a_row() -> None:
    found = clauses("OWASP ASVS")
    sections = (entry.split(":") for entry in ASVS.split())
    wanted = {f"{section}.{number}" for section, last in sections for number in range(1, int(last) + 1)}
    assert sorted(wanted - found) == []
    assert set(ASVS_WHOLE) <= found


def test_the_page_says_designed_to_support_of_each_regulation() -> None:
    parts = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert "**designed to support**" in parts[0]
    assert [part.partition("\n")[0] for part in parts[1:] if "Designed to support" in part] == [
        "21 CFR Part 11",
        "ICH E6(R3)",
        "OWASP ASVS 5.0, level 2",
        "GDPR",
    ]


@pytest.mark.parametrize("page", PUBLISHED, ids=lambda page: page.name)
def test_no_page_claims_more(page: Path) -> None:
    assert CLAIM.findall(page.read_text(encoding="utf-8")) == []
