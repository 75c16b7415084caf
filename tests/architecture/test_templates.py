"""Templates: nothing inline that the content security policy refuses, no author on a rater's page."""

import re
from pathlib import Path

import pytest

from tests.architecture.sources import name, template_files

INLINE = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "an event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "an address of another site": re.compile(
        r"(?:src|<link[^>]*href)\s*=\s*[\"'](?:https?:)?//", re.IGNORECASE
    ),
}
COMMENT = re.compile(r"\{#.*?#\}|\{% comment.*?endcomment %\}|<!--.*?-->", re.DOTALL)
EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
# What a template of the rating stage may read from its context, and what it may say.
AUTHOR_IN_EXPRESSION = re.compile(r"arm|author|model|resident|engine|draw|wave|provenance|public_id|\bkey\b")
AUTHOR_IN_TEXT = re.compile(r"\barms?\b|\bPGY|safemed|\bqwen|\bllama|\bgpt|\bvllm", re.IGNORECASE)


def _markup(path: Path) -> str:
    return COMMENT.sub("", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("what", INLINE)
def test_no_template_holds(what: str) -> None:
    found = [name(path) for path in template_files() if INLINE[what].search(_markup(path))]
    assert not found


def test_a_rating_template_reads_nothing_about_an_author() -> None:
    found = {
        f"{name(path)}: {expression}"
        for path in template_files("ratings")
        for expression in EXPRESSION.findall(_markup(path))
        if AUTHOR_IN_EXPRESSION.search(expression)
    }
    assert not found


def test_a_rating_template_names_no_arm_and_no_source() -> None:
    found = {
        f"{name(path)}: {hit.group()}"
        for path in template_files("ratings")
        for hit in AUTHOR_IN_TEXT.finditer(EXPRESSION.sub("", _markup(path)))
    }
    assert not found
