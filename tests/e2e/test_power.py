"""The planner over the queue: a real Redis and a real worker give the same figures as one process."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis.power.design_file import TEMPLATE
from tests.e2e.site import Site

CURVE = {"raters": [3], "vignettes": [], "true_difference": [], "studies": 100}


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("power") / "design.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(TEMPLATE), "studies": 600, "curve": CURVE}))
    return path


def figures(site: Site, *arguments: str) -> dict[str, Any]:
    results: dict[str, Any] = json.loads(site.manage("power", *arguments, "--json"))
    return {key: value for key, value in results.items() if key not in {"seconds", "rate"}}


def test_the_queue_gives_the_same_figures_as_one_process(site: Site, design: Path) -> None:
    spread = figures(site, str(design), "--workers", "celery")
    assert spread["simulated"] > 2_000
    assert spread == figures(site, str(design))
    assert "study.protocol.simulate_block" in (site.home / "worker.log").read_text(encoding="utf-8")


def test_a_queue_without_a_worker_is_refused_in_one_line(site: Site, design: Path) -> None:
    with pytest.raises(RuntimeError, match="No worker reads the queue: celery -A study worker -Q nobody"):
        site.manage("power", str(design), "--workers", "celery", "--queue", "nobody")


def test_without_redis_the_command_says_so(site: Site, design: Path) -> None:
    alone = replace(site, environment={**site.environment, "REDIS_URL": ""})
    with pytest.raises(RuntimeError, match="There is no Redis: set REDIS_URL, or leave out --workers celery"):
        alone.manage("power", str(design), "--workers", "celery")
