"""What the settings of production refuse, read by a process of their own."""

import subprocess
import sys

import pytest

from tests.accounts.test_headers import PRODUCTION, read_settings
from tests.architecture.sources import ROOT


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DEBUG": "True"}, "DEBUG must be False in production"),
        ({"EQUIPOISE_FAST_PASSWORDS": "True"}, "production hashes with Argon2"),
        ({"SECRET_KEY": ""}, "SECRET_KEY must be set in production"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS must be set in production"),
    ],
)
def test_production_does_not_start_with_a_setting_for_tests_or_without_one_it_needs(
    variables: dict[str, str], sentence: str
) -> None:
    command = [sys.executable, "-c", "import study.settings"]
    environment = {**PRODUCTION, **variables}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, sentence in done.stderr) == (1, True)


def test_production_asks_browsers_for_https_on_every_subdomain_for_a_year() -> None:
    found = read_settings(**PRODUCTION)
    assert found["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is True
    assert found["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600
