"""HTML building blocks: text is escaped, tables are named and can be reached with the keyboard."""

from collections.abc import Iterable, Sequence
from html import escape

from analysis.quick.words import NONE

# Text longer than this gets a wide column.
LONG = 40
STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 72rem;
  margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2rem; border-bottom: 1px solid #767676; }
h3 { font-size: 1.05rem; margin-bottom: .25rem; }
.status { border: 2px solid #7a4b00; background: #fff6e5; padding: .5rem .75rem; font-weight: 600; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: .5rem 0 1.25rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .25rem 0; }
th, td { border: 1px solid #949494; padding: .25rem .5rem; text-align: left; vertical-align: top; }
thead th { background: #f0f0f0; } tbody th { font-weight: normal; } td.long { min-width: 16rem; }
 td.n { text-align: right; white-space: nowrap; }
@media print { body { font-size: 10pt; max-width: none; padding: 0; } .scroll { overflow: visible; }
  tr { break-inside: avoid; } h2, h3, caption { break-after: avoid; } }
"""


def _cell(value: str, *, head: bool = False) -> str:
    if head:
        return f'<th scope="row">{escape(value)}</th>'
    numeric = value == NONE or value[:1] in "-0123456789[<"
    kind = "n" if numeric else "long" if len(value) > LONG else ""
    return f'<td class="{kind}">{escape(value)}</td>' if kind else f"<td>{escape(value)}</td>"


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column names its rows; wide ones scroll and can be reached with the keyboard."""
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    body = "".join(
        f"<tr>{_cell(row[0], head=True)}{''.join(_cell(value) for value in row[1:])}</tr>\n" for row in rows
    )
    label = escape(caption, quote=True)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{label}"><table>'
        f"<caption>{escape(caption)}</caption>\n<thead><tr>{top}</tr></thead>\n"
        f"<tbody>\n{body}</tbody></table></div>\n"
    )


def bullets(lines: Iterable[str]) -> str:
    """Sentences as a list."""
    return "<ul>\n" + "".join(f"<li>{escape(line)}</li>\n" for line in lines) + "</ul>\n"


def section(title: str, *parts: str) -> str:
    """A titled part of the page."""
    return f"<section>\n<h2>{escape(title)}</h2>\n{''.join(parts)}</section>\n"


def paragraph(text: str) -> str:
    """A paragraph."""
    return f"<p>{escape(text)}</p>\n"


def page(title: str, body: str) -> str:
    """A whole document with its style and nothing to load."""
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
