"""The schema of a bank file (``vignettes/content/<id>.yaml``) and its strict loader."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vignettes import structure
from vignettes.calculations import CALCULATIONS, compute, is_consistent
from vignettes.fields import (
    AnyMapping,
    Boolean,
    Choice,
    Complain,
    Constant,
    Integer,
    Number,
    Record,
    Sequence,
    Text,
)
from vignettes.strict_yaml import BankError, Node, Problem, parse, read_bytes, read_text, tidy
from vignettes.structure import VignetteContent, content_sha256, from_canonical, to_canonical
from vignettes.variant_schema import VARIANTS, check_variants

__all__ = [
    "BankError",
    "Problem",
    "VignetteContent",
    "content_sha256",
    "from_canonical",
    "load_bytes",
    "load_directory",
    "load_file",
    "to_canonical",
]

ID_PATTERN = r"[A-Z]{2,4}-[0-9]{2,3}"
_URL = r"https?://[A-Za-z0-9][A-Za-z0-9.-]*\.[A-Za-z]{2,}(:[0-9]+)?([/?#][!-~]*)?"
_PARAGRAPH = Text(max_chars=1500)
_SECTION = Choice(structure.SECTIONS)

STRATA = Record(
    {
        "apinch": Sequence(Choice(structure.APINCH), 0, 6, unique=True),
        "process_steps": Sequence(Choice(structure.PROCESS_STEPS), 1, 9, unique=True),
        "hazards": Sequence(
            Text(60, pattern=r"[a-z0-9]+(_[a-z0-9]+)*", shape="snake_case"), 1, 10, unique=True
        ),
        "setting": Choice(structure.SETTINGS),
        "population": Text(max_chars=200),
    }
)
KEY_POINT = Record(
    {
        "id": Text(5, pattern=r"KP[1-9][0-9]?", shape="KP1, KP2, ..."),
        "text": Text(max_chars=700, words=(4, 90)),
        "section": _SECTION,
        "kind": Choice(structure.KEY_POINT_KINDS),
        "critical": Boolean(),
        "source": Text(max_chars=400),
        "url": Text(500, pattern=_URL, shape="a public web address (https://...) or null", nullable=True),
        "verification": Choice(structure.VERIFICATIONS),
        "note": Text(max_chars=800, nullable=True),
    }
)
COMMON_ERROR = Record(
    {
        "error": Text(max_chars=400),
        "answer_text": Text(max_chars=500, words=(3, 80)),
        "section": _SECTION,
        "typical_of": Choice(structure.TYPICAL_OF),
        "harm": Choice(structure.HARMS),
        "harm_text": Text(max_chars=400),
    }
)
CALCULATION = Record(
    {
        "kind": Choice(tuple(CALCULATIONS)),
        "inputs": AnyMapping(),
        "stated": Number(),
        "decimals": Integer(-3, 4),
        "quote": Text(max_chars=300),
    }
)
VIGNETTE = Record(
    {
        "schema": Constant(2),
        "id": Text(8, pattern=ID_PATTERN, shape="an id such as MS-01"),
        "title": Text(max_chars=160),
        "clinical_approval": Constant(structure.APPROVAL),
        "language": Constant("en-GB"),
        "strata": STRATA,
        "difficulty": Integer(1, 3),
        "scenario": Text(max_chars=4000, words=(120, 320)),
        "question": Text(max_chars=600, words=(5, 80)),
        "key_points": Sequence(KEY_POINT, 5, 8),
        "reference_answer": Record(dict.fromkeys(structure.SECTIONS, _PARAGRAPH)),
        "common_errors": Sequence(COMMON_ERROR, 3, 5),
        "trap": Record({"kind": Choice(structure.TRAPS), "explanation": Text(max_chars=800, nullable=True)}),
        "jurisdiction_notes": Text(max_chars=2000),
        "calculations": Sequence(CALCULATION, 0, 40),
        "variants": VARIANTS,
    }
)
REFERENCE_ANSWER_WORDS = (80, 300)


def load_directory(directory: Path) -> tuple[VignetteContent, ...]:
    """All vignette files of a directory, in name order. Raises ``BankError`` with the problems of all."""
    paths = sorted(directory.glob("*.y*ml"))
    if not paths:
        raise BankError([Problem(str(directory), 1, "directory", "holds no *.yaml file")])
    contents: list[VignetteContent] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            contents.append(load_file(path))
        except BankError as error:
            problems.extend(error.problems)
    if problems:
        raise BankError(problems)
    return tuple(contents)


def load_file(path: Path) -> VignetteContent:
    """One checked vignette. Raises ``BankError`` listing every problem as ``file:line: field: message``."""
    content = load_bytes(read_bytes(path), name=path.name)
    if path.name != f"{content.id}.yaml":
        raise BankError(
            [Problem(path.name, 1, "id", f"{content.id} belongs in a file named {content.id}.yaml")]
        )
    return content


def load_bytes(data: bytes, *, name: str) -> VignetteContent:
    """One checked vignette from the bytes of a file; ``name`` stands in messages. Raises ``BankError``."""
    problems: list[Problem] = []
    root = parse(read_text(data, name=name), name=name)

    def complain(line: int, field: str, message: str) -> None:
        problems.append(Problem(name, line, field, message))

    VIGNETTE.check(root, "file", complain)
    if not problems:
        _check_whole(root, complain)
    if problems:
        raise BankError(sorted(problems, key=lambda problem: problem.line))
    return from_canonical(root.plain())


def _check_whole(root: Node, complain: Complain) -> None:
    """What only shows when all fields are right by themselves."""
    _check_key_points(root.value["key_points"], complain)
    _check_trap(root.value["trap"], complain)
    _check_reference_answer(root.value["reference_answer"], complain)
    check_variants(root, complain)
    texts = [" ".join(text.split()) for text in _texts(root.plain())]
    for index, node in enumerate(root.value["calculations"].value):
        _check_calculation(node, f"calculations[{index}]", texts, complain)


def _check_key_points(node: Node, complain: Complain) -> None:
    for index, point in enumerate(node.value):
        field, values = f"key_points[{index}]", point.plain()
        if values["id"] != f"KP{index + 1}":
            complain(
                point.value["id"].line,
                f"{field}.id",
                f"{values['id']} must be KP{index + 1}: in order, each once",
            )
        if values["verification"] != "unverified" and values["url"] is None:
            message = f"{values['verification']} needs the url of the page that was read"
            complain(point.value["verification"].line, f"{field}.verification", message)
        if values["verification"] == "partly_verified" and values["note"] is None:
            complain(
                point.value["note"].line,
                f"{field}.note",
                "partly_verified needs a note: which half was not read",
            )
    if not any(point.value["critical"].value for point in node.value):
        complain(node.line, "key_points", "at least one key point must be critical")


def _check_trap(node: Node, complain: Complain) -> None:
    has_kind = node.value["kind"].value != "none"
    if has_kind != (node.value["explanation"].value is not None):
        message = "a trap needs an explanation" if has_kind else "must be null when kind is none"
        complain(node.value["explanation"].line, "trap.explanation", message)


def _check_reference_answer(node: Node, complain: Complain) -> None:
    count = sum(len(text.split()) for text in node.plain().values())
    low, high = REFERENCE_ANSWER_WORDS
    if not low <= count <= high:
        complain(node.line, "reference_answer", f"{count} words in all sections, {low} to {high} allowed")


def _check_calculation(node: Node, field: str, texts: list[str], complain: Complain) -> None:
    values: dict[str, Any] = node.plain()
    stated, decimals, quote = values["stated"], values["decimals"], " ".join(tidy(values["quote"]).split())
    try:
        computed = compute(values["kind"], values["inputs"])
    except ValueError as error:
        complain(node.value["inputs"].line, f"{field}.inputs", str(error))
        return
    if not math.isclose(round(stated, decimals), stated, abs_tol=1e-9):
        message = f"{stated} is not a figure rounded to {decimals} decimals"
        complain(node.value["decimals"].line, f"{field}.decimals", message)
    if not is_consistent(kind=values["kind"], computed=computed, stated=stated, decimals=decimals):
        complain(node.value["stated"].line, f"{field}.stated", f"{stated} stated, {computed:.6g} computed")
    if not any(quote in text for text in texts):
        complain(node.value["quote"].line, f"{field}.quote", f"{quote!r} occurs nowhere in the text")
    if not contains_figure(quote, stated):
        complain(node.value["quote"].line, f"{field}.quote", f"{quote!r} does not hold the figure {stated}")


def contains_figure(quote: str, stated: float) -> bool:
    """Whether a number printed in ``quote`` is ``stated``, sign aside.

    Thousands may be grouped by comma or blank.
    """
    found = re.findall(r"\d+(?:\.\d+)?", quote)
    found += re.findall(r"(?<!\d)\d{1,3}(?:[ ,]\d{3})+(?!\d)(?:\.\d+)?", quote)
    numbers = [float(number.replace(",", "").replace(" ", "")) for number in found]
    return any(math.isclose(number, abs(stated), abs_tol=1e-9) for number in numbers)


def _texts(content: dict[str, Any]) -> Iterator[str]:
    """Every text in which a calculation's quote may stand."""
    yield from (content["scenario"], content["question"], content["jurisdiction_notes"])
    yield from content["reference_answer"].values()
    for point in content["key_points"]:
        yield from (point["text"], point["note"] or "")
    for error in content["common_errors"]:
        yield from (error["error"], error["answer_text"], error["harm_text"])
    yield content["trap"]["explanation"] or ""
