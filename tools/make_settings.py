"""Write docs/settings.md: every setting of the service, as its model has it.

python tools/make_settings.py [docs/settings.md]
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cablewatch.service.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[1]
HEAD = f"""# Settings

Of `cablewatch serve` and what belongs to it. A value comes from an option of the command where
there is one, else from the environment (`{PREFIX}` and the name in capitals), else from the file
that `--config` names, or `cablewatch.toml` in this folder, else from this table. Lists are lists in
the file, and have commas between in the environment. A name that is none is refused with its line
and the nearest there is; so is a value that is not allowed.

```console
$ cat cablewatch.toml
store = "november-store"
cors_origins = ["https://map.example"]
$ cablewatch config check
The settings are in order: 2 given, the others as they come.
$ CABLEWATCH_PORT=80 cablewatch config show
host = "127.0.0.1"  # default
port = 80  # CABLEWATCH_PORT
store = "november-store"  # cablewatch.toml:1
...
```

`config show` leaves user, password and options of a URL out. Written by
`python tools/make_settings.py`; a test fails when the model says otherwise. How to use them is in
[operations.md](operations.md).

| setting | if not given | allowed | meaning |
|---|---|---|---|
"""


def rows() -> Iterator[str]:
    """A row of the table for each setting."""
    for name, said in Settings.model_json_schema()["properties"].items():
        default = Settings.model_fields[name].default
        shown = "" if default in (None, ()) else f"`{_written(default)}`"
        yield f"| `{name}` | {shown} | {_allowed(said)} | {said['description']} |"


def _written(default: Any) -> str:
    if isinstance(default, tuple):
        return ",".join(map(str, default))
    return str(default).lower() if isinstance(default, bool) else str(default)


def _allowed(said: dict[str, Any]) -> str:
    if "enum" in said:
        return ", ".join(f"`{value}`" for value in said["enum"])
    bounds = {"minimum", "exclusiveMinimum"} & said.keys()
    if not bounds:
        kinds = {"boolean": "`true`, `false`", "array": "a list"}
        return kinds.get(said.get("type", ""), "a text")
    (low,) = bounds
    above = "above " if low == "exclusiveMinimum" else ""
    return f"{above}{said[low]:g} to {said['maximum']:,}".replace(",", " ")


def page() -> str:
    """The whole page."""
    return HEAD + "\n".join(rows()) + "\n"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "settings.md"
    target.write_text(page(), encoding="utf-8")
