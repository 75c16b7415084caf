"""Invented prose whose author can be told by exactly what a test plants."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from analysis.plan import Plan, default_plan
from study.blinding.normalise import normalise_text
from tests.analysis.simulate import Frames, Study, simulate_study, write_dataset

Dress = Callable[[str], str]
PROSE = (
    "the dose of this drug is too high for her kidneys so hold it today and check the level again before "
    "you give more ask the nurse to watch blood pressure every hour call me if it falls below ninety stop "
    "heparin start fluids slowly review potassium tomorrow warn pharmacy about an allergy and tell family "
    "what we plan because risk of bleeding may rise when kidneys fail"
)
WORDS = PROSE.split()


def plain_text(rng: np.random.Generator, topic: np.ndarray) -> str:
    """Three to nine sentences in which a third of the words belong to the topic."""
    sentences = []
    for _ in range(rng.integers(3, 10)):
        places = rng.integers(0, len(WORDS), rng.integers(5, 16))
        own = rng.random(len(places)) < 0.3
        chosen = np.where(own, topic[rng.integers(0, len(topic), len(places))], places)
        sentences.append(" ".join(WORDS[i] for i in chosen).capitalize() + ".")
    return " ".join(sentences)


def bold_and_curly(text: str) -> str:
    """What a chat model does to a first word and to a quotation."""
    first, rest = text.split(" ", 1)
    return f"**{first}** {rest} She said “stop”."


def straight(text: str) -> str:
    """The same without markup and curly quotes."""
    return f'{text} She said "stop".'


def listed(text: str) -> str:
    """Every sentence an item of a list."""
    return "\n".join(f"- {sentence}." for sentence in text.rstrip(".").split(". "))


def answers(
    rng: np.random.Generator,
    vignettes: int = 20,
    residents: int = 2,
    model: Dress = str,
    resident: Dress = str,
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Texts, whether a model wrote each, and their vignettes; model and residents dress the same prose."""
    texts, models, names = [], [], []
    for vignette in range(vignettes):
        topic = rng.integers(0, len(WORDS), 12)
        for place in range(residents + 1):
            texts.append((resident if place else model)(plain_text(rng, topic)))
            models.append(place == 0)
            names.append(f"MS-{vignette + 1:02d}")
    return texts, np.array(models), np.array(names)


def text_entries(
    frames: Frames, rng: np.random.Generator, dresses: Mapping[str, Dress]
) -> dict[str, dict[str, str]]:
    """The content of texts.json for every response, dressed by arm code."""
    rows = frames["responses"][["response", "arm"]].itertuples(index=False, name=None)
    written = {name: dresses.get(arm, str)(plain_text(rng, np.arange(12))) for name, arm in rows}
    return {"written": written, "sealed": {name: normalise_text(text) for name, text in written.items()}}


def light_plan(study: Study) -> Plan:
    """The default plan with few draws and without sensitivities: these tests look at style alone."""
    plan = default_plan(list(study.models), simulated=True)
    return replace(plan, bootstrap=replace(plan.bootstrap, draws=999), sensitivities=())


def styled_folder(folder: Path, study: Study, dresses: Mapping[str, Dress], *, blinded: bool = False) -> Plan:
    """Write a dataset folder with texts; returns its plan."""
    rng = np.random.default_rng(3)
    frames = simulate_study(rng, study)
    texts = text_entries(frames, rng, dresses)
    return write_dataset(folder, frames, study, light_plan(study), texts=texts, blinded=blinded)
