"""Simulated studies as dataset folders, with the variance components of a rated study."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import schema
from analysis.plan import Plan, default_plan, dump_plan, plan_sha256

Frames = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Study:
    """Size, effects and standard deviations, all in points of the 1-5 scale before rounding."""

    vignettes: int = 30
    residents: int = 15
    raters: int = 4
    models: tuple[str, ...] = ("model-a", "model-b")
    effects: Mapping[str, float] = field(default_factory=dict)
    mean: float = 3.2
    sd_vignette: float = 0.5
    sd_resident: float = 0.3
    sd_response: float = 0.5
    sd_rater: float = 0.3
    sd_rater_source: float = 0.2
    sd_error: float = 0.7


def responders(study: Study) -> pd.DataFrame:
    """Residents of both levels, then models, with arm codes A, B (residents) and C onwards."""
    rows = [
        (level, arm) for arm, level in zip("AB", schema.LEVELS, strict=True) for _ in range(study.residents)
    ]
    rows += [(model, chr(ord("C") + i)) for i, model in enumerate(study.models)]
    names = [f"S{i + 1:02d}" for i in range(len(rows))]
    return pd.DataFrame({"responder": names, "arm": [arm for _, arm in rows], "group": [g for g, _ in rows]})


def planned(study: Study, people: pd.DataFrame) -> pd.DataFrame:
    """Every planned response: residents answer equal shares of consecutive vignettes, models all."""
    share = study.vignettes // study.residents
    rows = []
    for v in range(study.vignettes):
        for i, row in enumerate(people.itertuples()):
            place = i % study.residents if row.arm in "AB" else None
            if place is None or place == v // share:
                rows.append((f"MS-{v + 1:02d}", row.responder, row.arm))
    frame = pd.DataFrame(rows, columns=["vignette", "responder", "arm"])
    response = [f"r{i:04d}" for i in range(len(frame))]
    counts = {"words": 80, "characters": 500, "sentences": 6, "list_items": 0, "numerals": 3}
    return frame.assign(response=response, draw=1, variant="original", status="rated", **counts)


def _latent(rng: np.random.Generator, study: Study, cells: pd.DataFrame, human: np.ndarray) -> np.ndarray:
    def effect(names: pd.Series, sd: float) -> np.ndarray:
        codes = np.unique(names.to_numpy(str), return_inverse=True)[1]
        return sd * rng.standard_normal(codes.max() + 1)[codes]

    source = cells["rater"] + np.where(human, "h", "m")
    return (
        study.mean
        + effect(cells["vignette"], study.sd_vignette)
        + effect(cells["responder"], study.sd_resident) * human
        + effect(cells["response"], study.sd_response)
        + effect(cells["rater"], study.sd_rater)
        + effect(source, study.sd_rater_source)
        + study.sd_error * rng.standard_normal(len(cells))
    )


def simulate_study(rng: np.random.Generator, study: Study) -> Frames:
    """Frames of a complete study; every rater scores every response on every dimension."""
    people = responders(study)
    responses = planned(study, people)
    raters = pd.DataFrame({"rater": [f"R{i + 1:02d}" for i in range(study.raters)]})
    cells = responses.merge(raters, how="cross")
    human = cells["arm"].isin(["A", "B"]).to_numpy()
    group = cells["responder"].map(dict(zip(people["responder"], people["group"], strict=True)))
    shift = group.map(study.effects).fillna(0.0).to_numpy(float)
    position = cells.groupby("rater").cumcount() + 1
    cells = cells.assign(copy=0, cannot_judge=0, position=position, active_seconds=60.5, revision=1)
    ratings = []
    for dimension in schema.DIMENSIONS:
        score = np.clip(np.rint(_latent(rng, study, cells, human) + shift), 1, 5).astype(int)
        ratings.append(cells.assign(dimension=dimension, score=score))
    extent = np.array(schema.EXTENTS)[np.minimum(rng.poisson(0.5, len(cells)), 4)]
    harms = cells.assign(
        extent=extent, likelihood="low", commission=0, omission=1, error_tags="omission", confidence=2
    )
    guess = np.array(schema.GUESSES)[rng.integers(0, 3, len(cells))]
    return {
        "ratings": pd.concat(ratings),
        "responses": responses,
        "raters": raters.assign(profession="pharmacist", years_in_practice=10),
        "responders": people,
        "guesses": cells.assign(guess=guess, certainty=2, reason=""),
        "harms": harms,
    }


def default_arms(study: Study, families: Mapping[str, str] | None = None) -> dict[str, object]:
    """Content of arms.json, with the families of models by name."""
    known = families or {}
    levels = {
        code: {"name": level.lower(), "kind": "resident", "level": level, "label": f"{level} residents"}
        for code, level in zip("AB", schema.LEVELS, strict=True)
    }
    models = {
        chr(ord("C") + i): {
            "name": name,
            "kind": "model",
            "level": None,
            "label": name.title(),
            "family": known.get(name, schema.UNKNOWN_FAMILY),
        }
        for i, name in enumerate(study.models)
    }
    return {"arms": {**levels, **models}}


def write_dataset(
    folder: Path,
    frames: Frames,
    study: Study,
    plan: Plan | None = None,
    *,
    blinded: bool = False,
    arms: Mapping[str, object] | None = None,
    texts: Mapping[str, object] | None = None,
) -> Plan:
    """Write the folder as the freeze does; returns the plan."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen = plan or default_plan(list(study.models), simulated=True)
    text = dump_plan(chosen)
    (folder / "plan.yaml").write_bytes(text.encode())
    files = {}
    for table in schema.TABLES:
        frame = frames.get(table.name, pd.DataFrame(columns=list(table.column_names)))
        frame = frame.assign(watermark=schema.WATERMARK_TEXT)[list(table.column_names)]
        content = frame.to_csv(index=False, lineterminator="\n").encode()
        (folder / table.filename).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        files[table.filename] = {"sha256": digest, "bytes": len(content), "rows": len(frame)}
    names = json.dumps(arms or default_arms(study)).encode()
    if not blinded:
        (folder / "arms.json").write_bytes(names)
    told = json.dumps(texts).encode()
    if texts and not blinded:
        (folder / "texts.json").write_bytes(told)
    manifest = {
        "format": schema.FORMAT,
        "study": {"slug": "s", "title": "Simulated", "simulated": True, "watermark": "simulated data"},
        "plan_sha256": plan_sha256(text),
        "arms_sha256": hashlib.sha256(names).hexdigest(),
        **({"texts_file_sha256": hashlib.sha256(told).hexdigest()} if texts else {}),
        "frozen_at": "2026-01-01T00:00:00Z",
        "approval_exception": None,
        "files": files,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return chosen
