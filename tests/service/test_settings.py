"""Settings: options before environment before file before defaults, and refusals that say where."""

import tomllib
from pathlib import Path

import pytest

from cablewatch.errors import UsageError
from cablewatch.service.configuration import configuration
from cablewatch.service.settings import Settings

DATABASE = "postgresql+psycopg://ship:hunter2@db.example:5432/cables?sslpassword=hunter3"


def made(tmp_path: Path, text: str = "", environment=None, **options):
    path = tmp_path / "cablewatch.toml"
    path.write_text(text)
    return configuration(options, path, environment or {})


def test_each_value_comes_from_the_nearest_place_that_gives_it(tmp_path):
    text = '# mine\nport = 1\nidle_seconds = 7\nlog_format = "json"\n'
    environment = {"CABLEWATCH_PORT": "2", "CABLEWATCH_LOG_FORMAT": "text", "PORT": "9"}
    found = made(tmp_path, text, environment, port=3, host=None)
    said = found.settings
    assert (said.port, said.log_format, said.idle_seconds) == (3, "text", 7)
    assert (said.host, said.header_seconds) == ("127.0.0.1", 10)
    assert found.places == {
        "port": "--port",
        "log_format": "CABLEWATCH_LOG_FORMAT",
        "idle_seconds": f"{tmp_path}/cablewatch.toml:3",
    }


def test_a_model_made_in_code_reads_nothing_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cablewatch.toml").write_text("port = 1")
    monkeypatch.setenv("CABLEWATCH_PORT", "2")
    assert Settings().port == 8000
    assert configuration().settings.port == 2
    monkeypatch.delenv("CABLEWATCH_PORT")
    assert configuration().settings.port == 1


@pytest.mark.parametrize(
    ("text", "line", "near"),
    [
        ("\nprot = 1", 2, "port"),
        ("port = 1\n[log_formt]\nx = 1", 2, "log_format"),
        ("max-body-bytes = 3", 1, "max_body_bytes"),
        ("\n\n'hosts' = 'a'", 3, "host"),
        ("limits.rate = 1", 1, ""),
    ],
)
def test_an_unknown_name_is_refused_with_its_line_and_the_nearest(tmp_path, text, line, near):
    with pytest.raises(UsageError, match=rf"toml:{line}: unknown setting .*{near}"):
        made(tmp_path, text)


def test_an_unknown_name_of_the_environment_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"CABLEWATCH_PROT: .*CABLEWATCH_PORT"):
        made(tmp_path, environment={"CABLEWATCH_PROT": "1"})
    made(tmp_path, environment={"CABLEWATCH_CACHE_DIR": "/x", "OTHER_PROT": "1"})


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("port", "x", "integer"),
        ("port", "70000", "65535"),
        ("host", " ", "0.0.0.0"),
        ("store", "", "names no folder"),
        ("log_format", "xml", "json"),
        ("requests_per_minute", "0", "1"),
        ("cors_origins", "*", "origin"),
        ("cors_origins", "https://*.example", "origin"),
        ("cors_origins", "https://a.example/", "https://map.example"),
        ("cors_origins", "a.example", "https://map.example"),
        ("cors_origins", "https://user@a.example", "https://map.example"),
        ("tiles", "https://tiles.example/7/1/1.png", "{z}"),
        ("tiles", "tiles/{z}/{x}/{y}", "https://tiles.example"),
        ("tiles", "https://a;script-src *.b/{z}/{x}/{y}", "https://tiles.example"),
        ("trusted_proxies", "10.0.0.0/33", "network"),
        ("webhook_ports", "443,0", "1"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_where_it_stands(tmp_path, name, value, allowed):
    with pytest.raises(UsageError, match=rf"toml:1: {name} .*{allowed}"):
        made(tmp_path, f'{name} = "{value}"')
    variable = f"CABLEWATCH_{name.upper()}"
    with pytest.raises(UsageError, match=rf"^{variable}: {name} .*{allowed}"):
        made(tmp_path, environment={variable: value})


def test_lists_are_lists_in_the_file_and_have_commas_in_the_environment(tmp_path):
    in_file = made(tmp_path, 'cors_origins = ["https://a.example", "http://b.example:8080"]')
    in_environment = made(
        tmp_path, environment={"CABLEWATCH_CORS_ORIGINS": "https://a.example,http://b.example:8080"}
    )
    assert in_file.settings == in_environment.settings
    assert in_file.settings.cors_origins == ("https://a.example", "http://b.example:8080")


def test_what_is_shown_reads_back_and_tells_no_secret(tmp_path):
    found = made(tmp_path, f"database_url = '{DATABASE}'\nmetrics = false\nwebhook_ports = [443]")
    shown = "\n".join(found.lines())
    assert "hunter" not in shown and "ship" not in shown and "db.example:5432/cables" in shown
    assert "hunter" not in repr(found)
    again = made(tmp_path, shown)
    assert again.settings.model_copy(update={"database_url": None}) == found.settings.model_copy(
        update={"database_url": None}
    )
    assert set(tomllib.loads(shown)) == set(Settings.model_fields) - {
        "store",
        "tiles",
        "tiles_credit",
    }


@pytest.mark.parametrize(
    "password", ["12/hunter2", "12#hunter2", "12?hunter2", "1:hunter2", "1@hunter2"]
)
def test_no_part_of_a_password_is_shown_whatever_is_in_it(tmp_path, password):
    url = f"postgresql://ship:{password}@db.example/cables"
    (shown,) = (
        line.partition("#")[0]
        for line in made(tmp_path, f"database_url = '{url}'").lines()
        if line.startswith("database_url")
    )
    allowed = ("postgresql+psycopg://db.example/cables", "hidden")
    assert shown.rstrip() in [f'database_url = "{text}"' for text in allowed]


def test_no_refusal_repeats_a_secret(tmp_path):
    for text in (f"database_url = ['{DATABASE}']", f"database_urls = '{DATABASE}'"):
        with pytest.raises(UsageError) as caught:
            made(tmp_path, text)
        assert "hunter" not in str(caught.value)


@pytest.mark.parametrize("content", [b"port = ", b"\xff", b"port = 1\nport = 2"])
def test_a_file_that_is_no_toml_is_named(tmp_path, content):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"mine\.toml: not TOML"):
        configuration(file=path, environment={})


def test_a_file_that_is_named_must_be_there(tmp_path):
    with pytest.raises(UsageError, match=r"mine\.toml: cannot be read"):
        configuration(file=tmp_path / "mine.toml", environment={})


@pytest.mark.parametrize(
    ("host", "require_keys", "exposed"),
    [
        ("127.0.0.1", False, False),
        ("::1", False, False),
        ("localhost", True, True),
        ("0.0.0.0", False, True),
        ("ship.example", False, True),
    ],
)
def test_keys_are_asked_for_wherever_others_may_reach(host, require_keys, exposed):
    settings = Settings(host=host, require_keys=require_keys)
    assert settings.exposed == exposed
    assert (settings.own_names is None) == (host in ("0.0.0.0", "ship.example"))
