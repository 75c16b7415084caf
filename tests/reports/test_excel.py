"""The exact file stays as it is; its copy for spreadsheets holds the same values and no formula."""

import csv
import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.datasets.writer import csv_bytes
from study.reports.excel import GUARD, excel_name, excel_safe
from study.reports.queries import export_content, exports
from tests.datasets.world import lock, rated_study
from tests.hostile.attacks import TEXTS

LEADS = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "\uff1d", "\uff0b", "\uff0d", "\uff20")
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
CELLS = st.one_of(
    TEXT,
    st.builds("".join, st.tuples(st.sampled_from((*LEADS, "'", " =", "''")), TEXT)),
    st.sampled_from(TEXTS),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.none(),
)


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@given(st.lists(st.tuples(CELLS, CELLS), max_size=5))
def test_the_copy_has_no_formula_and_gives_every_value_back(rows: list[tuple[object, object]]) -> None:
    exact = csv_bytes(("a", "b"), [{"a": a, "b": b} for a, b in rows])  # type: ignore[dict-item]
    safe = excel_safe(exact)
    assert [[cell.removeprefix(GUARD) for cell in row] for row in cells(safe)] == cells(exact)
    for cell in (cell for row in cells(safe) for cell in row if cell.startswith(LEADS)):
        assert cell.startswith("-") and float(cell) <= 0


def test_the_copy_is_written_as_spreadsheets_read_it() -> None:
    safe = excel_safe(csv_bytes(("a", "b"), [{"a": "é;=1+1", "b": -1.5}, {"a": "'x", "b": None}]))
    assert safe == '\ufeff"a","b"\r\n"é;=1+1","-1.5"\r\n"\'\'x",""\r\n'.encode()


@pytest.mark.parametrize(("name", "copy"), [("a.csv", "a-excel.csv"), ("a.json", ""), ("csv", "")])
def test_only_tables_have_a_copy(name: str, copy: str) -> None:
    assert excel_name(name) == copy


@pytest.mark.django_db
def test_every_table_of_a_study_is_offered_exact_and_for_spreadsheets() -> None:
    study = rated_study()
    lock(study)
    tables = [each for each in exports(study) if each.excel]
    assert {"ratings.csv", "responses.csv", "guesses.csv"} <= {each.name for each in tables}
    for each in tables:
        exact, safe = export_content(study, each.name), export_content(study, each.excel)
        assert hashlib.sha256(exact).hexdigest() == each.sha256
        assert [[cell.removeprefix(GUARD) for cell in row] for row in cells(safe)] == cells(exact)
