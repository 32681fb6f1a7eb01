"""Accepted payloads into rows: which message becomes a fix, static data or another station's row.

Only what ships say about themselves becomes a fix: types 1, 2, 3, 18, 19 and 27 with a usable
position. Base stations (4, 11), aircraft (9) and aids to navigation (21) go to ``others``.
"""

from typing import Any

import numpy as np

from cablewatch.ais import fields
from cablewatch.ais.fields import Motion, motion, sint, text, uint
from cablewatch.ais.flags import MessageFlag, Reason
from cablewatch.ais.kernels import inlined, kernel
from cablewatch.ais.mmsi import mmsi_flags
from cablewatch.ais.prefixes import AMBIGUOUS
from cablewatch.ais.rows import FIXES, LINE, MESSAGES, OTHERS, STATICS, WORDS_KEPT, Rows, Stamp
from cablewatch.ais.times import MALFORMED, date_ms
from cablewatch.fixes import NAV_STATUS_UNDEFINED, Array, FixFlag

CLASS_B, COARSE = int(FixFlag.CLASS_B), int(FixFlag.COARSE)
RECEIPT_TIME, ACCURATE = int(FixFlag.RECEIPT_TIME), int(FixFlag.ACCURATE)
REPEATED, OWN_SHIP = int(FixFlag.REPEATED), int(FixFlag.OWN_SHIP)
SATURATED = int(FixFlag.SPEED_SATURATED)
M_SATURATED, M_OWN_SHIP = int(MessageFlag.SPEED_SATURATED), int(MessageFlag.OWN_SHIP)
NO_ROT = int(MessageFlag.NO_ROT)
NO_TIME, AMBIGUOUS_TIME = int(Reason.NO_TIME), int(Reason.AMBIGUOUS_TIME)


@kernel
def refuse(rows: Rows, reason: int) -> None:
    """Count a refusal for which the line at hand is to blame."""
    rows.refused[reason] += 1
    if rows.example[reason] < 0:
        rows.example[reason] = rows.filled[LINE]


@inlined
def accept(words: Array, bits: int, stamp: Stamp, rows: Rows) -> None:
    """Check one payload; list it as a message and write its row, or count why not."""
    reason = fields.fault(words, bits)
    if reason != 0:
        refuse(rows, reason)
        return
    kind = uint(words, 0, 6)
    mmsi = uint(words, 8, 30)
    flags = stamp.flags | mmsi_flags(mmsi, kind) | fields.length_flags(kind, bits)
    if kind <= 3 or kind == 18 or kind == 19 or kind == 27:
        flags |= _ship(words, kind, mmsi, stamp, rows)
    elif kind == 5 or kind == 24:
        flags |= _static(words, kind, mmsi, stamp, rows)
    elif kind == 4 or kind == 9 or kind == 11 or kind == 21:
        flags |= _other(words, kind, mmsi, stamp, rows)
    elif kind == 12 or kind == 14:
        flags |= fields.safety_text_flags(words, 72 if kind == 12 else 40, bits)
    if len(rows.payloads) > 0:
        _keep_payload(words, bits, stamp, rows)
    row = rows.messages[rows.filled[MESSAGES]]
    row.type, row.mmsi, row.flags = kind, mmsi, flags
    rows.filled[MESSAGES] += 1


@kernel
def _keep_payload(words: Array, bits: int, stamp: Stamp, rows: Rows) -> None:
    row = rows.payloads[rows.filled[MESSAGES]]
    row.t_ms, row.given = stamp.t_ms, stamp.given
    row.station, row.bits = stamp.station, bits
    for k in range(WORDS_KEPT):
        row.words[k] = words[k]


@inlined
def _is_timed(stamp: Stamp, rows: Rows) -> bool:
    """Whether a report has a time; it is counted where it has none."""
    if stamp.t_ms > AMBIGUOUS:
        return True
    refuse(rows, AMBIGUOUS_TIME if stamp.t_ms == AMBIGUOUS else NO_TIME)
    return False


@inlined
def _ship(words: Array, kind: int, mmsi: int, stamp: Stamp, rows: Rows) -> int:
    """Position report of a ship: a fix where it has a position and a time; its flags."""
    status = NAV_STATUS_UNDEFINED
    bits = 0
    flags = 0
    if kind <= 3:
        report = motion(words, 50, 60, 61, 116, 128)
        status = uint(words, 38, 4)
        if sint(words, 42, 8) == -128:
            flags |= NO_ROT
    elif kind == 27:
        report = fields.coarse_motion(words)
        status = uint(words, 40, 4)
        bits |= COARSE
    else:
        report = motion(words, 46, 56, 57, 112, 124)
        bits |= CLASS_B
    if kind == 19:
        flags |= _static(words, kind, mmsi, stamp, rows)
    flags |= report.flags | fields.status_flags(status, report.sog_kn)
    if uint(words, 6, 2) > 0:
        bits |= REPEATED
    if report.valid:
        _fix(report, mmsi, status, bits, stamp, rows)
    return flags


@inlined
def _fix(report: Motion, mmsi: int, status: int, bits: int, stamp: Stamp, rows: Rows) -> None:
    if not _is_timed(stamp, rows):
        return
    if not stamp.given:
        bits |= RECEIPT_TIME
    if report.accurate:
        bits |= ACCURATE
    if stamp.flags & M_OWN_SHIP:
        bits |= OWN_SHIP
    if report.flags & M_SATURATED:
        bits |= SATURATED
    n, fixes = rows.filled[FIXES], rows.fixes
    fixes.t_ms[n], fixes.mmsi[n] = stamp.t_ms, mmsi
    fixes.lon_deg[n], fixes.lat_deg[n] = report.lon_deg, report.lat_deg
    fixes.sog_kn[n], fixes.cog_deg[n] = report.sog_kn, report.cog_deg
    fixes.heading_deg[n], fixes.nav_status[n] = report.heading_deg, status
    fixes.flags[n], fixes.station[n] = bits, stamp.station
    rows.filled[FIXES] += 1


@kernel
def _static(words: Array, kind: int, mmsi: int, stamp: Stamp, rows: Rows) -> int:
    """Write a static report into its row; its flags."""
    n = rows.filled[STATICS]
    row, letters = rows.statics[n], rows.static_text[n]
    letters[:] = 0
    row.t_ms, row.mmsi, row.imo, row.ship_type, row.draught_m = stamp.t_ms, mmsi, 0, 0, np.nan
    row.after = rows.filled[FIXES]
    row.to_bow_m = row.to_stern_m = row.to_port_m = row.to_starboard_m = 0
    flags = 0
    if kind == 5:
        row.imo = uint(words, 40, 30)
        flags |= text(words, 70, 7, letters, 20) | text(words, 112, 20, letters, 0)
        flags |= text(words, 302, 20, letters, 27)
        row.ship_type = _ship_type(words, 232)
        _dimensions(words, 240, row)
        draught_dm = uint(words, 294, 8)
        row.draught_m = draught_dm / 10.0 if draught_dm > 0 else np.nan
    elif kind == 19:
        flags |= text(words, 143, 20, letters, 0)
        row.ship_type = _ship_type(words, 263)
        _dimensions(words, 271, row)
    elif uint(words, 38, 2) == 0:
        flags |= text(words, 40, 20, letters, 0)
    else:
        flags |= text(words, 90, 7, letters, 20)
        row.ship_type = _ship_type(words, 40)
        if mmsi // 10_000_000 != 98:  # a craft gives its parent's MMSI in place of dimensions
            _dimensions(words, 132, row)
    if _is_timed(stamp, rows):
        rows.filled[STATICS] += 1
    return flags


@kernel
def _ship_type(words: Array, at: int) -> int:
    """Ship type, 0 for the codes above 99 that no table defines."""
    code = uint(words, at, 8)
    return code if code <= 99 else 0


@kernel
def _dimensions(words: Array, at: int, row: Any) -> None:
    row.to_bow_m, row.to_stern_m = uint(words, at, 9), uint(words, at + 9, 9)
    row.to_port_m, row.to_starboard_m = uint(words, at + 18, 6), uint(words, at + 24, 6)


@kernel
def _other(words: Array, kind: int, mmsi: int, stamp: Stamp, rows: Rows) -> int:
    """Report of a base station, an aircraft or an aid to navigation into its row; its flags."""
    n = rows.filled[OTHERS]
    row, letters = rows.others[n], rows.other_text[n]
    letters[:] = 0
    row.t_ms, row.type, row.mmsi, row.station = stamp.t_ms, kind, mmsi, stamp.station
    row.altitude_m, row.report_ms, row.aid_type = np.nan, 0, 0
    flags = 0
    if kind == 9:
        report = motion(words, 50, 60, 61, 116, -1)
        altitude = uint(words, 38, 12)
        row.altitude_m = altitude if altitude != 4095 else np.nan
    elif kind == 21:
        report = motion(words, -1, 163, 164, -1, -1)
        row.aid_type = uint(words, 38, 5)
        flags |= text(words, 43, 20, letters, 0)
    else:
        report = motion(words, -1, 78, 79, -1, -1)
        row.report_ms = _station_clock(words)
    row.lon_deg = report.lon_deg if report.valid else np.nan
    row.lat_deg = report.lat_deg if report.valid else np.nan
    row.sog_kn = report.sog_kn * 10.0 if kind == 9 else np.nan  # type 9 counts whole knots
    row.cog_deg = report.cog_deg
    if _is_timed(stamp, rows):
        rows.filled[OTHERS] += 1
    return flags | report.flags


@kernel
def _station_clock(words: Array) -> int:
    """Date and time of types 4 and 11, 0 where a part of it is not available."""
    second = uint(words, 72, 6)
    t_ms = date_ms(
        uint(words, 38, 14),
        uint(words, 52, 4),
        uint(words, 56, 5),
        uint(words, 61, 5),
        uint(words, 66, 6),
        second,
    )
    return t_ms if t_ms != MALFORMED and second < 60 else 0
