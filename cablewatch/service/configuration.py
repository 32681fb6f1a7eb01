"""Settings as options, environment and file give them, and which of these gave each.

What is unknown is refused with where it stands and the nearest name there is: a misspelt limit
would be none.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import SecretStr, ValidationError
from pydantic_settings import EnvSettingsSource

from cablewatch.errors import UsageError
from cablewatch.service.settings import PREFIX, Settings
from cablewatch.settings_file import read_settings
from cablewatch.stores.sql.engines import shown

OTHERS = (
    "CABLEWATCH_AISSTREAM_KEY",
    "CABLEWATCH_CACHE_DIR",
    "CABLEWATCH_KAFKA_PASSWORD",
    "CABLEWATCH_KAFKA_USER",
    "CABLEWATCH_MQTT_PASSWORD",
    "CABLEWATCH_MQTT_USER",
    "CABLEWATCH_NATS_PASSWORD",
    "CABLEWATCH_NATS_USER",
    "CABLEWATCH_SHARED",
    "CABLEWATCH_SOAK_",
    "CABLEWATCH_TEST_",
)
"""What of the environment is ours and no setting of the service, by its beginning."""


class Given(NamedTuple):
    """A value, and who says it."""

    value: Any
    where: str


@dataclass(frozen=True)
class Configuration:
    """Settings, and where each that was given stands; the others are defaults."""

    settings: Settings
    places: Mapping[str, str]

    def lines(self) -> Iterator[str]:
        """The settings as TOML, each with where it comes from; passwords are left out."""
        for name in Settings.model_fields:
            value = getattr(self.settings, name)
            text = f"# {name} =" if value is None else f"{name} = {_toml(value)}"
            yield f"{text}  # {self.places.get(name, 'default')}"


def configuration(
    options: Mapping[str, Any] | None = None,
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Configuration:
    """Bring together what is given; options go before the environment, and that before the file.

    Parameters
    ----------
    options : mapping, optional
        Options of the command by name of the setting; None is not given.
    file : Path, optional
        TOML; if not given, ``cablewatch.toml`` of this folder where it is there.
    environment : mapping, optional
        That of the process if not given.

    Raises
    ------
    UsageError
        A file is no TOML, a name is unknown or a value not allowed; it says where.
    """
    given = {
        **_in_file(file),
        **_in_environment(os.environ if environment is None else environment),
        **_in_options(options or {}),
    }
    try:
        settings = Settings(**{name: said.value for name, said in given.items()})
    except ValidationError as error:
        raise _refusal(error, given) from None
    return Configuration(settings, {name: said.where for name, said in given.items()})


def _in_options(options: Mapping[str, Any]) -> dict[str, Given]:
    said = {name: value for name, value in options.items() if value is not None}
    return {name: Given(value, f"--{name.replace('_', '-')}") for name, value in said.items()}


def _in_environment(environment: Mapping[str, str]) -> dict[str, Given]:
    ours = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    known = {f"{PREFIX}{name.upper()}": name for name in Settings.model_fields}
    for name in ours:
        if name not in known and not name.startswith(OTHERS):
            raise UsageError(name, "unknown setting", _nearest(name, list(known)))
    source = EnvSettingsSource(Settings)
    source.env_vars = {name.lower(): value for name, value in ours.items()}
    return {name: Given(v, f"{PREFIX}{name.upper()}") for name, v in source().items()}


def _in_file(named: Path | None) -> dict[str, Given]:
    found = read_settings(named)
    if found is None:
        return {}
    path, text, said = found
    given = {name: Given(v, f"{path}:{_line(text, name)}") for name, v in said.items()}
    for name, (_, where) in given.items():
        if name not in Settings.model_fields:
            do = _nearest(name, list(Settings.model_fields))
            raise UsageError(where, f"unknown setting {name!r}", do)
    return given


def _line(text: str, name: str) -> int:
    """Line on which a name at the top level is given."""
    key = re.compile(rf"\s*\[*\s*[\"']?{re.escape(name)}[\"']?\s*[\]=.]")
    lines = enumerate(text.splitlines(), 1)
    return next((number for number, line in lines if key.match(line)), 1)


def _nearest(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f"it may be {near[0]}" if near else "'cablewatch config show' lists all there are"


def _refusal(error: ValidationError, given: Mapping[str, Given]) -> UsageError:
    first = error.errors(include_input=False, include_url=False)[0]
    name = str(first["loc"][0])
    what = str(first["msg"]).removeprefix("Value error, ")
    where = given[name].where
    do = f"{name}: {Settings.model_fields[name].description}"
    return UsageError(where, f"{name} cannot be used: {what[:1].lower()}{what[1:]}", do)


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    text = (
        _without_secrets(value.get_secret_value()) if isinstance(value, SecretStr) else str(value)
    )
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _without_secrets(url: str) -> str:
    try:
        return shown(url)
    except UsageError:
        return "hidden"
