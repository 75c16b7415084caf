"""The schema of the variants of a bank file, and the checks of each against its vignette."""

import re
from collections import Counter
from typing import Any

from vignettes.fields import Choice, Complain, Record, Sequence, Text
from vignettes.strict_yaml import Node
from vignettes.variants import (
    ADVERSARIAL,
    KINDS,
    NAMES,
    ORDER,
    ORIGINAL,
    PARAPHRASE,
    STRATEGIES,
    name_pattern,
)

SWAP = Record({"original": Text(80), "variant": Text(80), "source": Text(400)})
VARIANT = Record(
    {
        "name": Text(20, pattern=r"[a-z][a-z0-9_]*", shape="snake_case"),
        "kind": Choice(KINDS),
        "strategy": Text(20, nullable=True),
        "scenario": Text(max_chars=4000, words=(120, 340), nullable=True),
        "question": Text(max_chars=600, words=(5, 80), nullable=True),
        "swaps": Sequence(SWAP, 0, 10),
        "pressure": Text(max_chars=1000, words=(10, 120), nullable=True),
        "explanation": Text(max_chars=600),
    }
)
VARIANTS = Sequence(VARIANT, 0, 8)
# What each kind brings of its own; it leaves the rest null or empty.
_OWN = {
    PARAPHRASE: {"scenario", "question"},
    ORDER: {"scenario", "question"},
    NAMES: {"swaps"},
    ADVERSARIAL: {"strategy", "pressure"},
}
_PARTS = ("strategy", "scenario", "question", "swaps", "pressure")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def check_variants(root: Node, complain: Complain) -> None:
    """Each name once, each kind with its own parts alone, and no variant that changes the case's facts."""
    content = root.plain()
    names: set[str] = {ORIGINAL}
    for index, node in enumerate(root.value["variants"].value):
        field, values = f"variants[{index}]", node.plain()
        if values["name"] in names:
            complain(node.value["name"].line, f"{field}.name", f"{values['name']!r} is taken")
        names.add(values["name"])
        _check_parts(node, field, values, complain)
        if values["kind"] in (PARAPHRASE, ORDER) and values["scenario"] and values["question"]:
            _check_figures(node, field, content, values, complain)
        for place, swap in enumerate(node.value["swaps"].value):
            _check_swap(swap, f"{field}.swaps[{place}]", content, complain)


def _check_parts(node: Node, field: str, values: dict[str, Any], complain: Complain) -> None:
    own = _OWN[values["kind"]]
    for part in _PARTS:
        line = node.value[part].line
        if part in own and not values[part]:
            complain(line, f"{field}.{part}", f"a variant of the kind {values['kind']} needs it")
        elif part not in own and values[part]:
            complain(line, f"{field}.{part}", f"a variant of the kind {values['kind']} has none")
    if values["strategy"] and values["strategy"] not in STRATEGIES:
        complain(
            node.value["strategy"].line,
            f"{field}.strategy",
            f"{values['strategy']!r} is not one of {', '.join(STRATEGIES)}",
        )


def _check_figures(
    node: Node, field: str, content: dict[str, Any], values: dict[str, Any], complain: Complain
) -> None:
    """The same case has the same figures, each as often."""
    before, after = (
        Counter(_NUMBER.findall(f"{texts['scenario']}\n{texts['question']}")) for texts in (content, values)
    )
    if lost := sorted((before - after).elements()):
        complain(node.value["scenario"].line, field, f"figures of the vignette are lost: {', '.join(lost)}")
    if added := sorted((after - before).elements()):
        complain(node.value["scenario"].line, field, f"figures that the vignette has not: {', '.join(added)}")
    if values["scenario"] == content["scenario"]:
        complain(node.value["scenario"].line, f"{field}.scenario", "is the vignette's own")


def _check_swap(node: Node, field: str, content: dict[str, Any], complain: Complain) -> None:
    text = f"{content['scenario']}\n{content['question']}"
    swap = node.plain()
    if not name_pattern(swap["original"]).search(text):
        complain(node.value["original"].line, f"{field}.original", f"{swap['original']!r} occurs nowhere")
    if name_pattern(swap["variant"]).search(text):
        complain(
            node.value["variant"].line,
            f"{field}.variant",
            f"{swap['variant']!r} stands in the vignette already",
        )
