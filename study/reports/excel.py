"""A CSV file in the form that spreadsheets may open: the same values, and none of them a formula. Pure.

The exact file is the data, with its hash, for programs. A spreadsheet would run a text such as
`=HYPERLINK(...)`, so its copy puts an apostrophe before every text that begins like a formula, or with an
apostrophe of its own; to take one leading apostrophe off gives the exact value back. Numbers stay numbers.
The copy begins with a byte order mark, ends its lines with CRLF and quotes every cell, so that a semicolon
divides none where it is the separator.
"""

import csv
import io
import re
from pathlib import PurePath
from typing import Final

SUFFIX: Final = "-excel.csv"
GUARD: Final = "'"
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
# Some spreadsheets take the wide forms for the narrow ones, and look behind blanks.
_FORMULA: Final = re.compile(r"[\s\x00\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20\u2212']|[\t\r\n\x00]")


def excel_name(name: str) -> str:
    """Return the name of a file's copy for spreadsheets, empty for what is no CSV."""
    path = PurePath(name)
    return f"{path.stem}{SUFFIX}" if path.suffix == ".csv" else ""


def excel_safe(content: bytes) -> bytes:
    """Return the copy for spreadsheets of an exact CSV file (UTF-8, comma, header)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    for row in csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True):
        writer.writerow([_guarded(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def _guarded(cell: str) -> str:
    is_text = _NUMBER.fullmatch(cell) is None
    return f"{GUARD}{cell}" if is_text and _FORMULA.match(cell) else cell
