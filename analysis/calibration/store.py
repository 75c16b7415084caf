"""The data file of the calibration: what is finished stays, so that it can run in pieces."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from analysis.calibration.outcomes import Tally
from analysis.calibration.scenarios import Scenario

VERSION = 1
Entries = dict[str, dict[str, Any]]


def load(path: Path) -> Entries:
    """Entries by scenario name: ``scenario`` and ``groups``; none if there is no file yet."""
    if not path.exists():
        return {}
    content = json.loads(path.read_text(encoding="utf-8"))
    if content["version"] != VERSION:
        raise ValueError(f"{path} has another version than {VERSION}")
    entries: Entries = content["entries"]
    return entries


def finished(entries: Entries, scenario: Scenario, group: str, studies: int) -> bool:
    """Whether the group has run on at least that many studies of the scenario."""
    done = entries.get(scenario.name, {}).get("groups", {}).get(group)
    return done is not None and done["studies"] >= studies


def nested(tally: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Counts by procedure from keys ``procedure|what``; whole numbers as such, sums to six digits."""
    result: dict[str, dict[str, float]] = {}
    for key, value in tally.items():
        procedure, what = key.split("|")
        short = int(value) if float(value).is_integer() else float(f"{value:.6g}")
        result.setdefault(procedure, {})[what] = short
    return result


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other processes that write to the same folder waiting."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def record(path: Path, scenario: Scenario, group: str, studies: int, seconds: float, tally: Tally) -> None:
    """Add one finished group to the file, whatever other processes have added to it meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path):
        entries = load(path)
        entry = entries.setdefault(scenario.name, {"scenario": scenario.mapping(), "groups": {}})
        entry["groups"][group] = {
            "studies": studies,
            "seconds": round(seconds, 1),
            "procedures": nested(tally),
        }
        draft = path.with_suffix(".draft")
        draft.write_text(_text(entries), encoding="utf-8")
        draft.replace(path)


def _text(entries: Entries) -> str:
    """One line per scenario."""
    lines = [f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in sorted(entries.items())]
    return f'{{"version": {VERSION}, "entries": {{\n' + ",\n".join(lines) + "\n}}\n"
