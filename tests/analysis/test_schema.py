"""The dataset's definition is complete and consistent."""

import subprocess
import sys

from analysis import schema


def test_every_key_column_is_a_required_column_of_its_table():
    for table in schema.TABLES:
        required = {column.name for column in table.columns if column.required}
        assert set(table.key) <= required


def test_the_dictionary_has_a_row_per_column_with_a_description():
    rows = schema.dictionary_rows()
    assert len(rows) == sum(len(table.columns) for table in schema.TABLES)
    assert all(tuple(row) == schema.DICTIONARY_COLUMNS and row["description"] for row in rows)


def test_the_dictionary_states_allowed_values_in_words():
    values = {(row["file"], row["column"]): row["values"] for row in schema.dictionary_rows()}
    assert values["ratings.csv", "score"] == "1 to 5"
    assert values["ratings.csv", "position"] == "1 or more"
    assert values["harms.csv", "commission"] == "0|1"
    assert values["harms.csv", "error_tags"].startswith("any of omission|hallucination")
    assert values["raters.csv", "rater"] == ""


def test_schema_and_plan_import_nothing_heavy():
    code = (
        "import analysis.schema, analysis.plan, sys; print({'numpy', 'pandas', 'django'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
