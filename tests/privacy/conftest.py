"""Each test has an exports directory of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings


@pytest.fixture(autouse=True)
def exports(tmp_path: Path) -> Iterator[Path]:
    with override_settings(EXPORTS_DIR=tmp_path / "exports"):
        yield tmp_path / "exports"
