"""The vessel register: what ships have said of themselves, and which of it counts when."""

from typing import Any, NamedTuple

import numpy as np

from cablewatch.fixes import Array
from cablewatch.vessels.said import Said, Ship, Value
from cablewatch.vessels.statics import STATIC_DTYPE, STATIC_NAMES, Statics

FIELDS = {  # of the register: columns that change together
    "name": ("name",),
    "imo": ("imo",),
    "callsign": ("callsign",),
    "ship_type": ("ship_type",),
    "size": ("to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m"),
    "draught": ("draught_m",),
    "destination": ("destination",),
}

IDENTITY = ("name", "imo")
"""Fields that say which ship it is."""


class Change(NamedTuple):
    """A value of a field that came to count."""

    mmsi: int
    field: str  # of :data:`FIELDS`
    value: Value
    said_ms: int  # first of the two messages
    confirmed_ms: int  # second of them
    forgotten: int  # earlier changes of this field that were too many to keep

    @property
    def text(self) -> str:
        """The value in words; a size as metres to bow, stern, port, starboard."""
        return _text(self.value)


class Alternation(NamedTuple):
    """Two values of a field that a ship's messages say in turns, by the time of the newest."""

    mmsi: int
    field: str  # of :data:`IDENTITY`
    t_ms: int
    value: Value  # the newest
    other: Value


class Vessels:
    """The vessel register: what ships have said of themselves, as of any time.

    A value counts once two messages in a row say it, of those of this ship that say the field at
    all: a single corrupt or forged message never shows where another value counts, and never
    counts itself. Until then the first value said is *provisional*: good for display, not for
    decisions. Two messages of one time are one.

    Deterministic: the answer for a time depends only on messages up to it, however they were cut
    into updates. At most `max_ships` are kept, ships beyond are refused and counted in `refused`;
    of each field the newest `max_changes` changes are kept, older ones counted.

    >>> v = Vessels()
    >>> said = dict(mmsi=[219000001] * 2, name=[b"ANNA"] * 2, ship_type=[70] * 2)
    >>> confirmed = v.update(Statics.from_columns(t_ms=[5, 8], **said))
    >>> v.name(219000001, 4), v.name(219000001, 5), v.ship_type(219000001, 9)
    ('', 'ANNA', 70)
    >>> v.confirmed(219000001, "name", 7), v.confirmed(219000001, "name", 8)
    (False, True)
    >>> confirmed.t_ms.tolist(), confirmed.name.tolist()
    ([8], [b'ANNA'])
    """

    def __init__(self, max_ships: int = 1 << 18, max_changes: int = 32) -> None:
        self.max_ships = max_ships
        self.max_changes = max_changes
        self.refused = 0  # messages of ships beyond the capacity
        self._ships: dict[int, Ship] = {}
        self._grown: list[Said] = []
        self._alternations: list[Alternation] = []

    def update(self, statics: Statics) -> Statics:
        """Take messages in time order, as `order` releases them.

        Returns
        -------
        Statics
            A row for each message that made values count, or said them again after a day of
            silence: those values alone.
        """
        self._forget()
        news: dict[str, list[int]] = {field: [] for field in FIELDS}
        values = {field: _values(statics, field) for field in FIELDS}
        content, size = _content(statics)
        times = statics.t_ms.tolist()
        for row, mmsi in enumerate(statics.mmsi.tolist()):
            ship = self._ships.get(mmsi) or self._new(mmsi)
            if ship is None:
                continue
            ship.hear(times[row])
            text = content[row * size : (row + 1) * size]
            if text in ship.settled:
                continue
            settled = True
            for field, said in values.items():
                if said[row]:
                    known = ship.fields.get(field) or ship.fields.setdefault(field, Said())
                    if known.say(times[row], said[row]):
                        news[field].append(row)
                        self._grown.append(known)
                    if field in IDENTITY and known.turns and known.turns[-1][0] == times[row]:
                        self._alternations.append(Alternation(mmsi, field, *known.turns[-1]))
                        self._grown.append(known)
                    settled &= known.idle
            ship.settle(text, settled)
        return _only(statics, news)

    def alternations(self) -> list[Alternation]:
        """What took turns in the messages since this was last asked."""
        found, self._alternations = self._alternations, []
        return found

    def name(self, mmsi: int, t_ms: int) -> str:
        """Name by `t_ms`, provisional where none counts; empty when none was said."""
        name = self._as_of(mmsi, "name", t_ms)
        return name.decode("utf-8", "replace") if isinstance(name, bytes) else ""

    def ship_type(self, mmsi: int, t_ms: int) -> int:
        """Ship type (ITU-R M.1371-5 table 53) by `t_ms`, provisional where none counts; or 0."""
        ship_type = self._as_of(mmsi, "ship_type", t_ms)
        return ship_type if isinstance(ship_type, int) else 0

    def confirmed(self, mmsi: int, field: str, t_ms: int) -> bool:
        """Whether a value of the field counts by `t_ms`."""
        said = self._said(mmsi, field)
        return said is not None and said.counting(t_ms) is not None

    def standing_type(self, mmsi: int, t_ms: int, started_ms: int, raised_ms: int) -> int:
        """Ship type that may lower an alert, else 0.

        It counted before the episode started, or was said an hour apart before the alert was
        raised, and no message by `t_ms` said another. A foreign message under a ship's MMSI can say
        any type: sent for the occasion it does not count.
        """
        said = self._said(mmsi, "ship_type")
        if said is None or said.disputed_ms <= t_ms:
            return 0
        ship_type = said.counting(raised_ms if said.firm_ms <= raised_ms else started_ms)
        return ship_type if isinstance(ship_type, int) else 0

    def in_turns(self, mmsi: int, field: str, t_ms: int) -> tuple[str, str] | None:
        """The two values that took turns last by `t_ms`, in words."""
        said = self._said(mmsi, field)
        turns = [] if said is None else [turn for turn in said.turns if turn[0] <= t_ms]
        return (_text(turns[-1][1]), _text(turns[-1][2])) if turns else None

    def known(self) -> tuple[Statics, dict[str, Array]]:
        """One row a ship, and for each field which rows hold a value that counts.

        `t_ms` is the newest change of the ship; where no value counts the provisional one stands.
        """
        mmsis = sorted(self._ships)
        ships = [self._ships[mmsi].fields for mmsi in mmsis]
        newest = [max((said.newest_ms for said in ship.values()), default=0) for ship in ships]
        rows = Statics.from_columns(t_ms=newest, mmsi=mmsis)
        counts = {field: np.zeros(len(mmsis), bool) for field in FIELDS}
        for row, ship in enumerate(ships):
            for field, said in ship.items():
                value = said.history[-1].value if said.history else said.first
                counts[field][row] = bool(said.history)
                for column, part in zip(FIELDS[field], _parts(value), strict=True):
                    getattr(rows, column)[row] = part
        return rows, counts

    def changes(self) -> list[Change]:
        """The changes kept, by ship, field and time."""
        self._forget()
        return [
            Change(mmsi, field, entry.value, entry.said_ms, entry.confirmed_ms, said.forgotten)
            for mmsi in sorted(self._ships)
            for field, said in sorted(self._ships[mmsi].fields.items())
            for entry in said.history
        ]

    def _new(self, mmsi: int) -> Ship | None:
        if len(self._ships) >= self.max_ships:
            self.refused += 1
            return None
        return self._ships.setdefault(mmsi, Ship())

    def _forget(self) -> None:
        """Shorten histories; between updates, so that times of the last one find their value."""
        for said in self._grown:
            beyond = max(0, len(said.history) - self.max_changes)
            del said.history[:beyond]
            said.forgotten += beyond
            del said.turns[: -self.max_changes]
        self._grown.clear()

    def _said(self, mmsi: int, field: str) -> Said | None:
        ship = self._ships.get(mmsi)
        return None if ship is None else ship.fields.get(field)

    def _as_of(self, mmsi: int, field: str, t_ms: int) -> Value | None:
        said = self._said(mmsi, field)
        if said is None or said.first_ms > t_ms:
            return None
        value = said.counting(t_ms)
        return said.first if value is None else value


def _values(statics: Statics, field: str) -> list[Any]:
    """The value of each row; one that tests false is not said."""
    columns = [getattr(statics, name) for name in FIELDS[field]]
    if len(columns) > 1:
        said = np.logical_or.reduce([column != 0 for column in columns]).tolist()
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [row if there else None for row, there in zip(rows, said, strict=True)]
    (column,) = columns
    values: list[Any] = (np.nan_to_num(column) if column.dtype.kind == "f" else column).tolist()
    return values


def _text(value: Value) -> str:
    """A value in words."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _parts(value: Value) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _content(statics: Statics) -> tuple[bytes, int]:
    """What the messages say, one after another, and the bytes of each."""
    rows = np.empty(len(statics), [(name, STATIC_DTYPE[name]) for name in STATIC_NAMES])
    for name in STATIC_NAMES:
        rows[name] = getattr(statics, name)
    return rows.tobytes(), rows.dtype.itemsize


def _only(statics: Statics, news: dict[str, list[int]]) -> Statics:
    """Rows in which a field is new, with nothing but the new fields."""
    rows = np.unique(np.array([row for said in news.values() for row in said], np.int64))
    only = Statics.from_columns(t_ms=statics.t_ms[rows], mmsi=statics.mmsi[rows])
    for field, said in news.items():
        for column in FIELDS[field]:
            at = np.searchsorted(rows, said)
            getattr(only, column)[at] = getattr(statics, column)[said]
    return only
