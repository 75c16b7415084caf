"""The ways by which a file enters, each with a valid file, the slot of one value, and its clear refusal."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np

from analysis.dataset import DatasetError, load_dataset
from analysis.plan import PlanError, default_plan, dump_plan, load_plan
from analysis.power.design_file import TEMPLATE, load_design
from analysis.quick.options import Options, RatingsError
from analysis.quick.ratings import load_ratings
from study.engines.profiles.loader import DIRECTORY, ProfileError, load_profile
from study.participants.forms import InviteForm
from study.participants.inputs import parse_invitations
from study.responses.jsonlines import read_lines
from tests.analysis.simulate import Study, simulate_study, write_dataset
from vignettes.bank import CONTENT_DIRECTORY
from vignettes.schema import BankError, load_bytes

YAML, JSON, CSV = "yaml", "json", "csv"
SMALL = Study(vignettes=2, residents=2, raters=2, models=("model-a",))
PEOPLE = "email,name,role,level,site,profession\na@example.org,Anna,resident,PGY1,General,physician\n"
ANSWER: dict[str, Any] = {
    "arm": "model-1",
    "vignette": "MS-01",
    "draw": 1,
    "sections": {"assessment": "Risk.", "recommended_action": "SLOT"},
    "provenance": {
        "engine": "elsewhere",
        "model": "elsewhere",
        "revision": "1",
        "prompt": "Answer the question.",
        "sampling": {"temperature": 0},
        "seed": 1,
        "finish_reason": "stop",
    },
}


class RefusedError(Exception):
    """A refusal by a list of problems, where a loader returns them."""


@dataclass(frozen=True)
class Door:
    """`read` returns what was taken from a file, as one text, or raises one of `refusals`.

    `slot` is the text in the valid file whose place a hostile value takes.
    """

    name: str
    syntax: str
    valid: bytes
    slot: bytes
    read: Callable[[bytes], str]
    refusals: tuple[type[Exception], ...]


def _file(read: Callable[[Path], object], name: str) -> Callable[[bytes], str]:
    """Read from a file of that name in a folder of its own."""

    def from_bytes(content: bytes) -> str:
        folder = Path(mkdtemp())
        try:
            (folder / name).write_bytes(content)
            return str(read(folder / name))
        finally:
            shutil.rmtree(folder)

    return from_bytes


def _people(content: bytes) -> str:
    form = InviteForm({"people": content.decode("utf-8", "replace")})
    if not form.is_valid():
        raise RefusedError(form.errors)
    found = parse_invitations(form.cleaned_data["people"])
    if found.problems or not found.rows:
        raise RefusedError(found.problems)
    return "\n".join(f"{row.name} {row.site}" for row in found.rows)


def _answers(content: bytes) -> str:
    try:
        parsed, problems = read_lines(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise RefusedError(error.reason) from error
    if problems:
        raise RefusedError(problems)
    return "\n".join(text for line in parsed for text in (*(line.sections or {}).values(), line.text or ""))


def _vignette(content: bytes) -> str:
    vignette = load_bytes(content, name="body")
    return f"{vignette.title}\n{vignette.scenario}"


def _plan(path: Path) -> str:
    return "\n".join(load_plan(path).models)


def _profile(path: Path) -> str:
    return load_profile(path).title


def _ratings(path: Path) -> str:
    found = load_ratings(path, Options())
    return "\n".join(arm.name for arm in found.arms)


@cache
def _dataset() -> dict[str, bytes]:
    """A small valid dataset by file name."""
    folder = Path(mkdtemp())
    try:
        write_dataset(folder, simulate_study(np.random.default_rng(1), SMALL), SMALL)
        return {path.name: path.read_bytes() for path in folder.iterdir()}
    finally:
        shutil.rmtree(folder)


def _within(name: str) -> Callable[[bytes], str]:
    """Read the dataset with one file exchanged and, but for the manifest, signed again."""

    def from_bytes(content: bytes) -> str:
        files = {**_dataset(), name: content}
        if name != "manifest.json":
            manifest = json.loads(files["manifest.json"])
            manifest["files"][name] = {"sha256": hashlib.sha256(content).hexdigest()}
            files["manifest.json"] = json.dumps(manifest).encode()
        folder = Path(mkdtemp())
        try:
            for each, data in files.items():
                (folder / each).write_bytes(data)
            dataset = load_dataset(folder)
            return "\n".join([*map(str, dataset.manifest["study"].values()), *dataset.guesses["reason"]])
        finally:
            shutil.rmtree(folder)

    return from_bytes


def _rows() -> bytes:
    """A crossed file of ratings: two arms, five responders each, three raters."""
    rows = [
        f"v{v},s{v},{arm},rater {r},correctness,{1 + (v + r) % 5}"
        for v in range(5)
        for arm in ("SLOT", "doctors")
        for r in range(3)
    ]
    return "\n".join(["vignette,responder,arm,rater,dimension,score", *rows, ""]).encode()


@cache
def doors() -> tuple[Door, ...]:
    """Every way in."""
    vignette = (CONTENT_DIRECTORY / "MS-01.yaml").read_bytes()
    title = next(line for line in vignette.split(b"\n") if line.startswith(b"title: ")).removeprefix(
        b"title: "
    )
    profile = (DIRECTORY / "plain-instruct.yaml").read_bytes()
    named = next(line for line in profile.split(b"\n") if line.startswith(b"title: ")).removeprefix(
        b"title: "
    )
    plan = dump_plan(default_plan(["model-1"])).replace("model-1", "SLOT").encode()
    data = _dataset()
    return (
        Door("vignette", YAML, vignette, title, _vignette, (BankError,)),
        Door("plan", YAML, plan, b"SLOT", _file(_plan, "plan.yaml"), (PlanError,)),
        Door("design", YAML, TEMPLATE.encode(), b"0.7", _file(load_design, "d.yaml"), (PlanError,)),
        Door("profile", YAML, profile, named, _file(_profile, "plain-instruct.yaml"), (ProfileError,)),
        Door("people", CSV, PEOPLE.replace("Anna", "SLOT").encode(), b"SLOT", _people, (RefusedError,)),
        Door("answers", JSON, json.dumps(ANSWER).encode(), b"SLOT", _answers, (RefusedError,)),
        Door("ratings", CSV, _rows(), b"SLOT", _file(_ratings, "ratings.csv"), (RatingsError,)),
        Door(
            "manifest", JSON, data["manifest.json"], b"Simulated", _within("manifest.json"), (DatasetError,)
        ),
        Door(
            "table",
            CSV,
            data["guesses.csv"],
            data["guesses.csv"].split(b"\n")[1],
            _within("guesses.csv"),
            (DatasetError,),
        ),
    )
