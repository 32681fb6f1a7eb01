"""``run.json``: which replays filled a store, whether each came to its end, and what is modelled.

It is written when a replay begins, with `config_hash`, and again when it ends. A replay that was
killed has therefore begun and not ended, and what other rules or routes make is never added to what
it left. Positions that no receiver heard are named as `modelled`; all others are as archived.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, NoReturn

from cablewatch.errors import StoreError
from cablewatch.output.text import epoch_ms, rfc3339
from cablewatch.places import Place
from cablewatch.stores.places import write

FILE = "run.json"
ORIGINS = ("reconstructed", "invented")  # of modelled positions


class Modelled(NamedTuple):
    """Positions of some ships that come from a model, from first to last (None: all of them)."""

    origin: str
    mmsi: tuple[int, ...]
    first_ms: int | None = None
    last_ms: int | None = None

    def meets(self, mmsi: int, first_ms: int, last_ms: int) -> bool:
        """Whether some of them lie in a span of time of a ship."""
        begins = -(1 << 62) if self.first_ms is None else self.first_ms
        ends = 1 << 62 if self.last_ms is None else self.last_ms
        return mmsi in self.mmsi and begins <= last_ms and first_ms <= ends


def origin_of(modelled: Iterable[Modelled], mmsi: int, first_ms: int, last_ms: int) -> str | None:
    """Origin of what a span of a ship rests on, as far as it is modelled; None "as archived"."""
    met = (part.origin for part in modelled if part.meets(mmsi, first_ms, last_ms))
    return next(met, None)


@dataclass(frozen=True)
class Part:
    """One replay into the store; `begun` and `ended` are moments of the clock on the wall."""

    title: str
    about: str
    id: str | None = None  # of the archives, from where they lie; None: the title tells them
    begun: str | None = None
    ended: str | None = None  # None: still running, or cut
    faults: tuple[str, ...] = ()  # what kept it from reading all

    @property
    def complete(self) -> bool:
        """Whether all of its input was read."""
        return self.ended is not None and not self.faults


@dataclass(frozen=True)
class Run:
    """What ``run.json`` says."""

    parts: tuple[Part, ...] = ()
    attribution: tuple[str, ...] = ()
    start: str | None = None
    end: str | None = None
    config_hash: str | None = None
    created_by: str | None = None
    modelled: tuple[Modelled, ...] = ()

    @property
    def title(self) -> str:
        """Title of the newest replay, and how many there are."""
        others = f" (the last of {len(self.parts)} replays)" if len(self.parts) > 1 else ""
        return self.parts[-1].title + others if self.parts else ""

    @property
    def about(self) -> str:
        """What all replays say of their data, each once."""
        return "\n".join(dict.fromkeys(part.about for part in self.parts))

    @property
    def complete(self) -> bool:
        """Whether there is a replay, and all that were begun read all of their input."""
        return bool(self.parts) and all(part.complete for part in self.parts)

    def begun(self, part: Part, modelled: Sequence[Modelled], config_hash: str) -> "Run":
        """Return the run with a replay more; one of the same archives is the same again."""
        same = (part.title, part.about, part.id)
        others = [p for p in self.parts if (p.title, p.about, p.id) != same]
        known = tuple(dict.fromkeys([*self.modelled, *modelled]))
        return replace(self, parts=(*others, part), modelled=known, config_hash=config_hash)

    def with_last(self, **changed: Any) -> "Run":
        """Return the run with something changed of its newest replay."""
        return replace(self, parts=(*self.parts[:-1], replace(self.parts[-1], **changed)))

    def as_json(self) -> dict[str, Any]:
        """Plain values, as they are written and served."""
        return {
            "title": self.title,
            "about": self.about,
            "attribution": list(self.attribution),
            "from": self.start,
            "to": self.end,
            "config_hash": self.config_hash,
            "created_by": self.created_by,
            "complete": self.complete,
            "replays": [
                {
                    "title": part.title,
                    "about": part.about,
                    "id": part.id,
                    "begun": part.begun,
                    "ended": part.ended,
                    "faults": list(part.faults),
                }
                for part in self.parts
            ],
            "modelled": [
                {
                    "origin": part.origin,
                    "mmsi": list(part.mmsi),
                    "from": None if part.first_ms is None else rfc3339(part.first_ms),
                    "to": None if part.last_ms is None else rfc3339(part.last_ms),
                }
                for part in self.modelled
            ],
        }


def read_run(folder: Place) -> Run | None:
    """What a store says of itself; None where there is no ``run.json``.

    Raises
    ------
    StoreError
        The file cannot be read, or says what no replay writes.
    """
    path = folder / FILE
    try:
        said = json.loads(path.read_bytes(), parse_constant=_refuse)
        return run_of(said)
    except FileNotFoundError:
        return None
    except RecursionError:
        raise _odd(path, "nested too deep") from None
    except (OSError, ValueError, TypeError) as error:
        raise _odd(path, str(error).partition("\n")[0]) from error


def write_run(folder: Place, run: Run) -> None:
    """Write ``run.json`` whole or not at all."""
    text = json.dumps(run.as_json(), indent=1)
    write(folder / FILE, lambda path: path.write_text(text, encoding="utf-8"))


def run_of(said: Any) -> Run:
    """Read what a version with or without `replays` wrote; ValueError where neither did."""
    told = _typed(said, dict, "the file")
    replays = _list(told, "replays", dict)
    parts = tuple(
        Part(
            _text(part, "title") or "",
            _text(part, "about") or "",
            _text(part, "id"),
            _time(part, "begun"),
            _time(part, "ended"),
            tuple(_list(part, "faults", str)),
        )
        for part in replays
    )
    if "replays" not in told and _text(told, "title"):  # written at the end only
        ended = _time(told, "to") or "1970-01-01T00:00:00Z"
        parts = (Part(_text(told, "title") or "", _text(told, "about") or "", ended=ended),)
    return Run(
        parts=parts,
        attribution=tuple(_list(told, "attribution", str)),
        start=_time(told, "from"),
        end=_time(told, "to"),
        config_hash=_text(told, "config_hash"),
        created_by=_text(told, "created_by"),
        modelled=tuple(_modelled(part) for part in _list(told, "modelled", dict)),
    )


def _modelled(said: dict[str, Any]) -> Modelled:
    first, last = _time(said, "from"), _time(said, "to")
    origin = _text(said, "origin")
    if origin not in ORIGINS:
        raise ValueError(f"origin {origin!r} is unknown")
    return Modelled(
        origin,
        tuple(_list(said, "mmsi", int)),
        None if first is None else epoch_ms(first),
        None if last is None else epoch_ms(last),
    )


def _typed(value: Any, kind: type, name: str) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"{name} is not of the type {kind.__name__}")
    return value


def _text(said: dict[str, Any], name: str) -> str | None:
    value = said.get(name)
    return None if value is None else _typed(value, str, name)


def _time(said: dict[str, Any], name: str) -> str | None:
    value = _text(said, name)
    if value is not None:
        epoch_ms(value)  # ValueError or TypeError where it is no time
    return value


def _list(said: dict[str, Any], name: str, kind: type) -> list[Any]:
    values = _typed(said.get(name, []), list, name)
    return [_typed(value, kind, f"an entry of {name}") for value in values]


def _odd(path: Place, what: str) -> StoreError:
    return StoreError(str(path), f"not as a replay writes it: {what}", "choose another folder")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")
