"""The scenario as a whole: ships to reports, reports to sentences, and what is true of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cablewatch.fixes import Array
from cablewatch.scenario import log, traffic, yi_peng_3
from cablewatch.scenario.reception import (
    RECORDED_STATION,
    REPORT_DTYPE,
    STATIONS,
    archived_s,
    receive,
    static_times_s,
)
from cablewatch.scenario.voyages import OUTAGES
from cablewatch.vessels.statics import STATIC_DTYPE

STATIC_EVERY_S = 1800  # s between static messages kept; sent every 360 s (ITU-R M.1371-5)
WITHOUT_HEADING = 0.13  # share of class A without heading; Danish feed, 2013
CLASS_B_HEADING = 0.01  # share of class B with heading; the same
CLASS_B = {"small_craft": 1.0, "fishing": 0.4}  # share on class B; assumed

_HABITS: dict[str, tuple[tuple[int, int], tuple[int, ...]]] = {  # length in m, ship types; assumed
    "ferry": ((120, 215), (60,)),
    "fishing": ((12, 40), (30,)),
    "small_craft": ((8, 20), (36, 37)),
    "autopilot": ((150, 280), (70, 80)),
}
_MERCHANT: tuple[tuple[int, int], tuple[int, ...]] = ((85, 230), (70, 70, 71, 79, 80, 82))


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of one ship; times in UTC milliseconds, None where nothing drags.

    `crossings` gives the moments at which a dragging ship is laid over a cable, by cable id: the
    breaks that are published, not every cable on her way.
    """

    kind: str
    drag_start_ms: int | None = None
    drag_end_ms: int | None = None
    crossings: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Messages in file order, the ships that sent them, and the truth.

    Attributes
    ----------
    reports
        Rows of ``reception.REPORT_DTYPE``, in the order of the file.
    vessels
        Rows of ``statics.STATIC_DTYPE``, one a ship.
    truth
        By MMSI.
    recorded
        By MMSI, the spans (UTC ms, both ends included) whose positions are recordings.
    reconstructed
        By MMSI, the spans whose positions are a reconstruction of a real ship's passage. Ships in
        neither are invented.
    dragging
        The passage of Yi Peng 3 and what was drawn for it.
    """

    seed: int
    reports: Array
    vessels: Array
    truth: dict[int, Truth]
    recorded: dict[int, tuple[tuple[int, int], ...]]
    reconstructed: dict[int, tuple[tuple[int, int], ...]]
    dragging: yi_peng_3.Reconstruction

    def nmea(self) -> Iterator[bytes]:
        """Give the sentences in chunks of whole lines."""
        return log.chunks(self.reports, self.vessels, STATIONS)

    def write(self, path: Path) -> int:
        """Write all sentences to `path`; returns the number of bytes."""
        return log.write(path, self.nmea())

    def statement(self) -> str:
        """Say what is recorded, what is reconstructed and what is invented."""
        invented = len(self.truth) - 1
        return (
            f"Recorded: {len(yi_peng_3.KEY_FRAMES)} key frames of Yi Peng 3 from 06:01:44 UTC on "
            f"18 November 2024, after both breaks ({yi_peng_3.KEY_FRAME_SOURCE}). "
            "Reconstructed: her passage before them, from published times, distances and speeds "
            f"and generalised cable lines. Invented: the {invented} other ships. "
            "This shows that the pipeline works, not that the detector does."
        )


def make_scenario(seed: int = 0, background: int = 300) -> Scenario:
    """Yi Peng 3 among `background` invented ships.

    The same arguments give the same bytes. Each class of ``traffic.SHARES`` is present from 40
    ships on.
    """
    key_ship, truth, dragging = _yi_peng_3(seed)
    vessels, parts = [_yi_peng_3_static()], [key_ship]
    truths = {yi_peng_3.MMSI: truth}
    for number, kind in enumerate(traffic.composition(background)):
        mmsi = traffic.FIRST_MMSI + number
        rng = np.random.default_rng([seed, mmsi])
        vessel, class_b = _vessel(rng, mmsi, kind, number)
        length_m = float(vessel["to_bow_m"] + vessel["to_stern_m"])
        motion = traffic.background(rng, kind, length_m)
        with_heading = rng.random() < (CLASS_B_HEADING if class_b else 1.0 - WITHOUT_HEADING)
        reports = receive(
            rng, motion, archived_s(motion, class_b), class_b, with_heading, outages=OUTAGES
        )
        parts.append(_of_ship(rng, reports, vessel, number + 1, class_b))
        vessels.append(vessel)
        truths[mmsi] = Truth(kind)
    reports = np.concatenate(parts)
    recorded_ms = (yi_peng_3.RECORDED_FROM_S * 1000, yi_peng_3.RECORDED_TO_S * 1000)
    span_ms = (yi_peng_3.START_S * 1000, yi_peng_3.RECORDED_FROM_S * 1000 - 1)
    return Scenario(
        seed=seed,
        reports=reports[np.argsort(reports["order_s"], kind="stable")],
        vessels=np.array(vessels, STATIC_DTYPE),
        truth=truths,
        recorded={yi_peng_3.MMSI: (recorded_ms,)},
        reconstructed={yi_peng_3.MMSI: (span_ms,)},
        dragging=dragging,
    )


def _yi_peng_3(seed: int) -> tuple[Array, Truth, yi_peng_3.Reconstruction]:
    rng = np.random.default_rng([seed, yi_peng_3.MMSI])
    made = yi_peng_3.reconstruct(rng)
    reports = receive(
        rng, made.motion, archived_s(made.motion, False), False, True, outages=OUTAGES
    )
    dark_from_s, dark_to_s = yi_peng_3.DARK_S
    reports = reports[(reports["t_s"] < dark_from_s) | (reports["t_s"] > dark_to_s)]
    reports = reports[reports["t_s"] < yi_peng_3.RECORDED_FROM_S]
    reports = np.concatenate([reports, _key_frames()])
    rows = _of_ship(rng, reports, _yi_peng_3_static(), 0, False)
    truth = Truth(
        kind="yi_peng_3",
        drag_start_ms=yi_peng_3.DROP_S * 1000,
        drag_end_ms=yi_peng_3.STOP_S * 1000,
        crossings={
            "bcs-east-west-interlink": yi_peng_3.BCS_S * 1000,
            "c-lion1": yi_peng_3.C_LION1_S * 1000,
        },
    )
    return rows, truth, made


def _key_frames() -> Array:
    """Lay the recorded positions as they are: no heading, no status, on a station of their own."""
    rows = np.zeros(len(yi_peng_3.KEY_FRAMES), REPORT_DTYPE)
    columns = list(zip(*yi_peng_3.KEY_FRAMES, strict=True))
    for name, values in zip(("lon_deg", "lat_deg", "sog_kn", "cog_deg"), columns[1:], strict=True):
        rows[name] = values
    rows["t_s"] = rows["received_s"] = rows["order_s"] = yi_peng_3.key_frame_times_s()
    rows["heading_deg"], rows["nav_status"], rows["kind"] = np.nan, 15, 1
    rows["station"] = RECORDED_STATION
    return rows


def _of_ship(
    rng: np.random.Generator, reports: Array, vessel: Array, index: int, class_b: bool
) -> Array:
    """Give the reports the ship's number, with her static messages among them."""
    heard = reports[reports["station"] != RECORDED_STATION]
    static = static_times_s(rng, heard[np.argsort(heard["order_s"])], STATIC_EVERY_S).copy()
    static["kind"] = 24 if class_b else 5
    static["order_s"] += 1e-3
    rows = np.concatenate([reports, static])
    rows["mmsi"], rows["vessel"] = vessel["mmsi"], index
    return rows


def _yi_peng_3_static() -> Array:
    row = np.zeros((), STATIC_DTYPE)
    row["mmsi"], row["imo"], row["name"] = yi_peng_3.MMSI, yi_peng_3.IMO, b"YI PENG 3"
    row["ship_type"] = 90  # "other", as the key frames say
    row["to_bow_m"], row["to_stern_m"] = yi_peng_3.LENGTH_M - 30, 30  # antenna over the house
    row["to_port_m"] = row["to_starboard_m"] = yi_peng_3.BEAM_M // 2
    row["draught_m"] = np.nan
    return row


def _vessel(rng: np.random.Generator, mmsi: int, kind: str, number: int) -> tuple[Array, bool]:
    """Draw static data of an invented ship, and whether she is on class B."""
    (low_m, high_m), types = _HABITS.get(kind, _MERCHANT)
    length_m = int(rng.integers(low_m, high_m + 1))
    class_b = bool(rng.random() < CLASS_B.get(kind, 0.0))
    row = np.zeros((), STATIC_DTYPE)
    row["mmsi"], row["ship_type"] = mmsi, types[int(rng.integers(len(types)))]
    row["name"] = f"DEMO {kind.replace('_', ' ').upper()[:11]} {number:03d}".encode()
    row["to_stern_m"] = max(length_m // 8, 2)
    row["to_bow_m"] = length_m - int(row["to_stern_m"])
    row["to_port_m"] = row["to_starboard_m"] = max(length_m // 14, 2)
    row["draught_m"] = np.nan if class_b else round(length_m / 22.0, 1)
    return row, class_b
