from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from study import environment


@pytest.mark.parametrize("word", ["true", "1", "yes", ""])
def test_a_switch_is_exactly_true_or_false(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("SWITCH", word)
    with pytest.raises(ImproperlyConfigured, match="exactly True or False"):
        environment.read_bool("SWITCH", default=False)


def test_an_unknown_choice_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHERE", "staging")
    with pytest.raises(ImproperlyConfigured, match="one of"):
        environment.read_choice("WHERE", ["development", "production"], default="development")


@pytest.mark.parametrize("text", ["0", "-1", "soon", "nan", "inf"])
def test_a_time_is_a_positive_number_of_seconds(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PAUSE", text)
    with pytest.raises(ImproperlyConfigured, match="positive number of seconds"):
        environment.read_seconds("PAUSE", 5)


def test_a_time_may_have_decimals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAUSE", "0.5")
    assert (environment.read_seconds("PAUSE", 5), environment.read_seconds("NO_PAUSE", 5)) == (0.5, 5)


def test_a_secret_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n")
    monkeypatch.setenv("KEY_FILE", str(tmp_path / "key"))
    assert environment.read_text("KEY") == "from a file"


def test_a_list_is_split_at_commas_and_blanks_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTS", "a.org, ,b.org,")
    assert environment.read_list("HOSTS") == ["a.org", "b.org"]


def test_no_address_means_sqlite_with_an_immediate_write_lock(tmp_path: Path) -> None:
    database = environment.read_database("NO_SUCH_ADDRESS", sqlite_path=tmp_path / "x.sqlite3")
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_an_address_of_postgresql_is_taken_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ADDRESS", "postgres://me:p%40ss@db.org:5433/study")
    database = environment.read_database("ADDRESS", sqlite_path=tmp_path)
    parts = [database[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")]
    assert parts == ["me", "p@ss", "db.org", "5433", "study"]


@pytest.mark.parametrize("address", ["mysql://db/study", "postgres://db.org/"])
def test_another_address_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str) -> None:
    monkeypatch.setenv("ADDRESS", address)
    with pytest.raises(ImproperlyConfigured, match="postgres://"):
        environment.read_database("ADDRESS", sqlite_path=tmp_path)


def test_the_signing_key_is_drawn_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "var" / "key"
    first = environment.read_secret_key("NO_SUCH_KEY", path=path, required=False)
    assert environment.read_secret_key("NO_SUCH_KEY", path=path, required=False) == first
    assert path.stat().st_mode & 0o777 == 0o600


def test_production_draws_no_signing_key(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="must be set in production"):
        environment.read_secret_key("NO_SUCH_KEY", path=tmp_path / "key", required=True)
    assert not (tmp_path / "key").exists()
