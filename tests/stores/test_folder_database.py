"""A store folder whose alerts are in a database by URL."""

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from cablewatch.cli import app
from cablewatch.commands.options import database_url
from cablewatch.errors import StoreError, UsageError
from cablewatch.fixes import Stations
from cablewatch.service import create_app
from cablewatch.service.configuration import configuration
from cablewatch.service.settings import Settings
from cablewatch.stores.alerts import AlertReader, AlertStore
from cablewatch.stores.folder import StoreWriter
from tests.stores.sample import BASE


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/elsewhere.sqlite"
    return request.getfixturevalue("empty_postgres")


def fill(folder, database=None):
    writer = StoreWriter(folder, "Test", "", database=database)
    with writer.opened(Stations(), "c"):
        writer._alerts.append([BASE])


def test_alerts_go_to_the_database_and_the_rest_to_the_folder(tmp_path, url):
    folder = tmp_path / "store"
    fill(folder, url)
    fill(folder, url)
    assert AlertReader(url).get("a") == BASE
    assert not (folder / "alerts.sqlite").exists()
    assert (folder / "run.json").exists()


def test_alerts_of_one_folder_are_in_one_place(tmp_path, url):
    fill(tmp_path / "by-url", url)
    with pytest.raises(StoreError, match=r"in a database; name it with --database"):
        fill(tmp_path / "by-url")
    fill(tmp_path / "in-file")
    with pytest.raises(StoreError, match=r"in alerts\.sqlite; do without --database"):
        fill(tmp_path / "in-file", url)


def test_migrate_makes_tables_and_says_so(url, monkeypatch):
    monkeypatch.setenv("CABLEWATCH_DATABASE_URL", url)
    for _ in range(2):
        done = CliRunner().invoke(app, ["migrate"], catch_exceptions=False)
        assert done.exit_code == 0
        assert "is up to date" in done.stderr
    assert AlertReader(url).latest().alerts == ()


@pytest.mark.parametrize(
    ("option", "variable", "file", "expected"),
    [
        ("sqlite:///o", "sqlite:///v", "sqlite:///f", "sqlite:///o"),
        (None, "sqlite:///v", "sqlite:///f", "sqlite:///v"),
        (None, None, "sqlite:///f", "sqlite:///f"),
        (None, None, None, None),
        ("", "sqlite:///v", "sqlite:///f", None),
        (None, "", "sqlite:///f", None),
    ],
)
def test_all_commands_look_for_the_database_in_one_order(
    tmp_path, monkeypatch, option, variable, file, expected
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CABLEWATCH_DATABASE_URL", raising=False)
    if variable is not None:
        monkeypatch.setenv("CABLEWATCH_DATABASE_URL", variable)
    if file is not None:
        (tmp_path / "cablewatch.toml").write_text(f'database_url = "{file}"\n')
    assert database_url(option) == expected
    served = configuration({"database_url": option}).settings
    assert served.alerts_place == expected


def test_a_file_of_settings_that_is_none_is_named(tmp_path):
    path = tmp_path / "mine.toml"
    for text, what in (("=", "not TOML"), ("database_url = 1", "not a text")):
        path.write_text(text)
        with pytest.raises(UsageError, match=rf"mine\.toml.*{what}"):
            database_url(None, path)


def test_migrate_of_a_folder(tmp_path):
    AlertStore(tmp_path / "alerts.sqlite").append([BASE])
    done = CliRunner().invoke(app, ["migrate", "--store", str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == 0
    with pytest.raises(StoreError, match="no alerts are stored"):
        CliRunner().invoke(
            app, ["migrate", "--store", str(tmp_path / "no")], catch_exceptions=False
        )


@pytest.mark.parametrize("options", [[], ["--store", "x", "--database", "sqlite:///x"]])
def test_migrate_needs_one_place(options, monkeypatch):
    monkeypatch.delenv("CABLEWATCH_DATABASE_URL", raising=False)
    with pytest.raises(UsageError, match="either --store or --database"):
        CliRunner().invoke(app, ["migrate", *options], catch_exceptions=False)


def test_replay_into_a_database_needs_a_folder():
    with pytest.raises(UsageError, match="give --store too"):
        CliRunner().invoke(
            app, ["replay", "x.nmea", "--database", "sqlite:///x"], catch_exceptions=False
        )


def test_the_service_reads_the_alerts_of_the_database(tmp_path, url):
    fill(tmp_path / "store", url)
    app = create_app(tmp_path / "store", settings=Settings(database_url=url))
    with TestClient(app) as client:
        assert client.get("/api/v1/alerts").json()["numberMatched"] == 1
        assert client.get("/api/v1/alerts/%00").status_code == 404
