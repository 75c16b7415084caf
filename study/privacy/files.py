"""Personal data as files: one JSON text with everything, and a CSV file per list."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

JSON_FILE = "person.json"


def as_json(data: Mapping[str, Any]) -> str:
    """Return everything as one text: UTF-8, sorted keys, one space of indent, LF at the end."""
    text = json.dumps(data, cls=DjangoJSONEncoder, sort_keys=True, indent=1, ensure_ascii=False)
    return f"{text}\n"


def as_files(data: Mapping[str, Any]) -> dict[str, str]:
    """Return person.json, and for each list with rows a CSV file in which no cell is a formula."""
    lists = {name: rows for name, rows in data.items() if isinstance(rows, list) and rows}
    lists["account"] = [data["account"]]
    return {JSON_FILE: as_json(data), **{f"{name}.csv": as_csv(rows) for name, rows in lists.items()}}


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[_cell(row.get(name)) for name in columns] for row in rows])
    return text.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
    text = text.strip('"') if not isinstance(value, str | dict | list) else text
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
