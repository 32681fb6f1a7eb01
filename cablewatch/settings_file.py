"""``cablewatch.toml``: the file that settings are read from, as it stands there."""

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from cablewatch.errors import UsageError

FILE = Path("cablewatch.toml")


class SettingsFile(NamedTuple):
    """A file of settings; nothing in it is checked."""

    path: Path
    text: str
    said: dict[str, Any]


def read_settings(named: Path | None = None) -> SettingsFile | None:
    """Read the file named, or :data:`FILE` where it is in this folder; None where neither is.

    Raises
    ------
    UsageError
        It cannot be read, or is no TOML.
    """
    path = FILE if named is None else named
    if named is None and not path.is_file():
        return None
    try:
        text = path.read_text(encoding="utf-8")
        return SettingsFile(path, text, tomllib.loads(text))
    except OSError as error:
        do = "name another file by --config"
        raise UsageError(str(path), f"cannot be read: {error.strerror}", do) from None
    except ValueError as error:  # TOML and UTF-8 alike
        do = "write each setting as name = value"
        raise UsageError(str(path), f"not TOML: {error}", do) from None
