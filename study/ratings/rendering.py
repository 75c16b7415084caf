"""The one rendering of a response for raters: a function of its canonical text and of nothing else. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from study.protocol.rubric import SECTIONS


@dataclass(frozen=True)
class TextBlock:
    """A paragraph (one line), or a list (one line per point)."""

    is_list: bool
    lines: tuple[str, ...]


@dataclass(frozen=True)
class RenderedSection:
    """A section under its heading; no block where nothing was written."""

    heading: str
    blocks: tuple[TextBlock, ...]


def render_text(text: str) -> tuple[TextBlock, ...]:
    """Return the blocks of a text whose list items begin with "- "; empty lines carry no meaning."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    blocks: list[TextBlock] = []
    for is_list, members in groupby(lines, key=lambda line: line.startswith("- ")):
        if is_list:
            blocks.append(TextBlock(True, tuple(line.removeprefix("- ") for line in members)))
        else:
            blocks += [TextBlock(False, (line,)) for line in members]
    return tuple(blocks)


def render_sections(sections: Mapping[str, str]) -> tuple[RenderedSection, ...]:
    """Return all five sections in their order; an empty one keeps its heading."""
    return tuple(
        RenderedSection(heading, render_text(sections.get(code, ""))) for code, heading in SECTIONS.items()
    )
