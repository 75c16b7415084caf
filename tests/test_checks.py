import pytest
from django.conf import settings
from django.test import override_settings

from study.checks import production_has_a_broker, production_has_a_server_database

SQLITE = {"default": {"ENGINE": "django.db.backends.sqlite3"}}
POSTGRESQL = {"default": {"ENGINE": "django.db.backends.postgresql"}}


@pytest.mark.parametrize(
    ("production", "databases", "ids"),
    [(True, SQLITE, ["study.E001"]), (True, POSTGRESQL, []), (False, SQLITE, [])],
)
def test_production_refuses_sqlite(
    monkeypatch: pytest.MonkeyPatch, production: bool, databases: dict[str, object], ids: list[str]
) -> None:
    monkeypatch.setattr(settings, "PRODUCTION", production)
    monkeypatch.setattr(settings, "DATABASES", databases)
    assert [each.id for each in production_has_a_server_database()] == ids


@pytest.mark.parametrize(
    ("production", "address", "ids"),
    [(True, "", ["study.E002"]), (True, "redis://127.0.0.1/0", []), (False, "", [])],
)
def test_production_refuses_to_run_without_redis(production: bool, address: str, ids: list[str]) -> None:
    with override_settings(PRODUCTION=production, REDIS_URL=address):
        assert [each.id for each in production_has_a_broker()] == ids
