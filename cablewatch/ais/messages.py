"""Every field of every message, by name: the one module that calls pyais.

The kernel has found the sentences, joined their parts and checked them. pyais says which fields a
payload of each of the 28 types has, where they lie and what they mean; what it does to a value that
it has no name for is undone here, so that codes and texts are those of the kernel's columns:

- a number is null where the standard says "not available" (``unsaid.py``) or where the payload ends
  before the field does; codes are as sent, not the nearest that has a name;
- text ends at the first ``@``, without blanks at its end, and is null where nothing is left;
- binary data is hexadecimal, first bit highest, filled up to whole octets, beside its ``_bits``;
- positions are degrees in all types.

Fields that pyais knows of a binary message stand in ``application`` beside its ``data``.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from pyais import decode

from cablewatch.ais.decode import Decoded
from cablewatch.ais.flags import MessageFlag
from cablewatch.ais.octets import CHARS_PER_WORD, WORD_BITS
from cablewatch.ais.prefixes import AMBIGUOUS
from cablewatch.ais.rows import WORDS_KEPT
from cablewatch.ais.unsaid import APPLICATIONS, is_unknown, keep_said
from cablewatch.fixes import Array, Stations

SIXES = np.arange(WORD_BITS - 6, -1, -6)  # where the characters of a word lie in it
ARMOUR = np.array([*range(48, 88), *range(96, 120)], np.uint8)  # see octets.pack
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

HEAD = ("msg_type", "repeat", "mmsi")
BINARY = {6: 88, 8: 56}
"""Where the data of a binary message begins: behind its application, ``dac`` and ``fid``."""
CORRECTIONS = 80
"""Where the differential corrections of type 17 begin."""
STATE_BITS = 20  # at the end of type 26: which communication state, and the state
TENTHS_OF_A_MINUTE = 600  # in a degree
COARSE = (17, 22, 23)
"""Types whose positions count tenths of a minute; pyais gives minutes, unsigned ones in type 17."""


class Bits(NamedTuple):
    """A payload as one number, its first bit the highest."""

    value: int
    length: int

    def uint(self, start: int, width: int) -> int:
        """Unsigned field."""
        return self.value >> (self.length - start - width) & ((1 << width) - 1)

    def sint(self, start: int, width: int) -> int:
        """Two's complement field."""
        value = self.uint(start, width)
        return value - (1 << width) if value >> (width - 1) else value

    def hexadecimal(self, start: int, end: int) -> str:
        """Bits of a range, zeros behind them up to the octet."""
        width = end - start
        if width <= 0:
            return ""
        octets = -(-width // 8)
        return (self.uint(start, width) << (8 * octets - width)).to_bytes(octets, "big").hex()

    def text(self, start: int, end: int) -> str | None:
        """Six-bit text of a range; None where it says nothing."""
        sixes = (self.uint(at, 6) for at in range(start, end - 5, 6))
        said = "".join(chr(six + 64 if six < 32 else six) for six in sixes)
        return said.partition("@")[0].rstrip(" ") or None


class Field(NamedTuple):
    """Where pyais finds a field."""

    name: str
    start: int
    width: int
    kind: type


def lines(decoded: Decoded, stations: Stations) -> Iterator[dict[str, Any]]:
    r"""Every message of a call of a ``Decoder(payloads=True)``, ready for JSON, in its order.

    A line has ``time`` (UTC, null where nobody says it), ``time_given`` (false where it is borrowed
    from the receipt or an earlier message), ``station``, ``type``, ``mmsi``, ``repeat``, ``flags``
    (names of :class:`MessageFlag`) and the fields of the type. A payload that pyais cannot read has
    ``error`` and, as ``data``, all of its bits.

    Parameters
    ----------
    decoded : Decoded
        What the decoder gave.
    stations : Stations
        The decoder's table of stations.

    >>> from cablewatch.ais import Decoder
    >>> stations = Stations()
    >>> decoder = Decoder("pier", stations, payloads=True)
    >>> decoded = decoder.feed(b"!AIVDM,1,1,,B,13AE=p0P291bGJ@PfV=<iS;1P000,0*2A\n")
    >>> [(line["station"], line["speed"], line["flags"]) for line in lines(decoded, stations)]
    [('pier', 13.7, ['no_rot'])]
    """
    payloads = decoded.payloads
    sixes = payloads["words"][:, :, None] >> SIXES & 63
    armoured = ARMOUR[sixes.reshape(len(payloads), WORDS_KEPT * CHARS_PER_WORD)]
    for row, payload, characters in zip(decoded.messages, payloads, armoured, strict=True):
        bits = _bits(payload)
        kind, flags = int(row["type"]), MessageFlag(int(row["flags"]))
        line = {
            "time": _time(int(payload["t_ms"])),
            "time_given": bool(payload["given"]),
            "station": stations.name(int(payload["station"])) or None,
            "type": kind,
            "mmsi": int(row["mmsi"]),
            "repeat": bits.uint(6, 2),
            "flags": [flag.name.lower() for flag in flags if flag.name],
        }
        try:
            line |= _fields(kind, bits, characters.tobytes())
        except Exception as error:  # whatever a stranger's bits make a library raise
            line["error"] = f"{type(error).__name__}: {error}"
            line |= _data(bits, 0, bits.length)
        yield line


def _time(t_ms: int) -> str | None:
    if t_ms <= AMBIGUOUS:
        return None
    moment = EPOCH + timedelta(milliseconds=t_ms)
    places = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=places).removesuffix("+00:00") + "Z"


def _bits(payload: Array) -> Bits:
    """The bits of a row of payloads, without those that fill up its last character."""
    length = int(payload["bits"])
    words = payload["words"][: -(-length // WORD_BITS)].tolist()
    value = 0
    for word in words:
        value = value << WORD_BITS | word
    return Bits(value >> (WORD_BITS * len(words) - length), length)


def _fields(kind: int, bits: Bits, armoured: bytes) -> dict[str, Any]:
    """The fields of one message by name."""
    characters = -(-bits.length // 6)
    fill = 6 * characters - bits.length
    message: Any = decode(b"!AIVDM,1,1,,A,%b,%d*00" % (armoured[:characters], fill))
    found = {
        field.name: _value(kind, field, getattr(message, field.name), bits)
        for field in _layout(message.__class__)
    }
    if kind in BINARY:
        return _application(kind, found, bits)
    keep_said(kind, found)
    if kind == 17:
        found |= _data(bits, CORRECTIONS, bits.length)
    elif kind in (25, 26):
        _take_data_apart(kind, found, bits)
    if found.get("radio") is not None:
        message.radio = found["radio"]
        found["communication_state"] = _state(message, found)
    return found


def _take_data_apart(kind: int, found: dict[str, Any], bits: Bits) -> None:
    """Types 25 and 26: an application only where the data is structured, the state at the end."""
    start = 40 + 30 * found["addressed"] + 16 * found["structured"]
    end = bits.length - (STATE_BITS if kind == 26 else 0)
    if not found["structured"]:
        found.pop("app_id", None)
    found |= _data(bits, start, end)
    if kind == 26:
        found["radio"] = bits.uint(end, STATE_BITS) if end >= start else None


def _state(message: Any, found: Mapping[str, Any]) -> dict[str, int] | None:
    """What the communication state says; carrier-sense class B has none (ITU-R M.1371-5, 3.16)."""
    if found.get("cs"):
        return None
    said = message.get_communication_state().items()
    return {name: int(value) for name, value in said if value is not None}


@cache
def _layout(message: Any) -> list[Field]:
    """The fields that pyais knows of a class of messages, but for the head and spare bits."""
    start, found = 0, []
    for field in message.fields():
        about = field.metadata
        if field.name not in HEAD and not about["is_spare"]:
            found.append(Field(field.name, start, about["width"], about["d_type"]))
        start += about["width"]
    return found


def _value(kind: int, field: Field, value: Any, bits: Bits) -> Any:
    """One field as said in the module's docstring, before values that mean nothing are left out."""
    end = field.start + field.width
    if field.kind is str:
        return bits.text(field.start, min(end, bits.length))
    if field.kind is bytes:
        return bits.hexadecimal(field.start, min(end, bits.length))
    if end > bits.length:
        return None
    if kind in COARSE and field.kind is float:
        return round(bits.sint(field.start, field.width) / TENTHS_OF_A_MINUTE, 6)
    if isinstance(value, Enum) and field.kind is int:
        return bits.uint(field.start, field.width)
    return float(value) + 0.0 if field.kind is float else field.kind(value)  # no -0.0


def _data(bits: Bits, start: int, end: int) -> dict[str, Any]:
    return {"data": bits.hexadecimal(start, end), "data_bits": max(end - start, 0)}


def _application(kind: int, found: dict[str, Any], bits: Bits) -> dict[str, Any]:
    """A binary message: whose it is, its data, and what pyais reads in them."""
    common = {name: found.pop(name, None) for name in ("seqno", "dest_mmsi", "retransmit")}
    dac, fid = found.pop("dac"), found.pop("fid")
    found.pop("data", None)
    made: dict[str, Any] = common if kind == 6 else {}
    made |= {"dac": dac, "fid": fid} | _data(bits, BINARY[kind], bits.length)
    limits = APPLICATIONS.get((dac, fid), {})
    for name, value in found.items():
        if isinstance(value, int | float) and is_unknown(name, value, limits):
            found[name] = None
    return made | {"application": found or None}
