"""Made scenes: straight cables, ships that sail legs of constant course and speed, as CSV."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cablewatch.cables.lines import WGS84
from cablewatch.cables.model import load_cables
from cablewatch.output.text import rfc3339
from cablewatch.units import KNOT_M_S
from cablewatch.usecases.investigate import Investigation, Question, investigate

HEAD = "time_utc,mmsi,lon,lat,sog_kn,cog_deg,name,ship_type\n"
NORTH = [(18.0, 55.5), (18.0, 56.5)]  # 111 km; the 56th parallel crosses it at km 55.7
EAST = 18.0
STEP_S = 60


def at(text: str) -> int:
    """UTC milliseconds of a time of 2 March 2024, such as 10:30; or of any whole time."""
    whole = text if "T" in text else f"2024-03-02T{text}"
    return round(datetime.fromisoformat(f"{whole}+00:00").timestamp() * 1000)


def cables(
    folder: Path, lines: dict[str, Sequence[tuple[float, float]]], off_m: float = 50
) -> Path:
    """A cables file with surveyed lines; `off_m` is how far they may be off."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": list(line)},
            "properties": {
                "id": name,
                "name": name.title(),
                "kind": "telecom",
                "owner": "",
                "status": "in service",
                "source": "made",
                "licence": "CC0-1.0",
                "position_class": "surveyed",
                "position_uncertainty_m": off_m,
                "protection_zone_m": 200,
                "zone_basis": "made",
            },
        }
        for name, line in lines.items()
    ]
    path = folder / "cables.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@dataclass
class Ship:
    """A ship that sails legs of minutes at a speed on a course; quiet ones are not heard."""

    mmsi: int
    lon: float
    lat: float
    start: str = "00:00"
    name: str = ""
    ship_type: int = 70
    speeds: bool = True
    rows: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._t_ms = at(self.start)

    def sail(self, minutes: int, kn: float, course: float, quiet: bool = False) -> "Ship":
        """Sail on; a report a minute."""
        for _ in range(minutes):
            if not quiet:
                motion = f"{kn:.1f},{course % 360:.1f}" if self.speeds else ","
                self.rows.append(
                    f"{rfc3339(self._t_ms)},{self.mmsi},{(self.lon + 180) % 360 - 180:.6f},"
                    f"{self.lat:.6f},{motion},{self.name},{self.ship_type or ''}\n"
                )
            way_m = kn * KNOT_M_S * STEP_S
            self.lon, self.lat, _ = WGS84.fwd(self.lon, self.lat, course, way_m)
            self._t_ms += STEP_S * 1000
        return self


def degree_m(lat: float) -> float:
    """Metres in a degree of longitude."""
    return float(WGS84.inv(EAST, lat, EAST + 0.001, lat)[2]) * 1000.0


def west_of(lat: float, hours: float, kn: float) -> float:
    """Longitude from which the line is so many hours off on course 90."""
    return EAST - hours * 3600 * kn * KNOT_M_S / degree_m(lat)


def eastward(mmsi: int, kn: float = 12.0, lat: float = 56.0, **said: Any) -> Ship:
    """A ship that sails eastward over the line at 10:00, ten hours before and two after."""
    return Ship(mmsi, west_of(lat, 10.0, kn), lat, **said).sail(720, kn, 90.0)


def archive(folder: Path, ships: Sequence[Ship]) -> Path:
    """Write what ships report as one archive, by time."""
    rows = sorted((row for ship in ships for row in ship.rows), key=lambda row: row[:24])
    path = folder / "tracks.csv"
    path.write_text(HEAD + "".join(rows))
    return path


def asked(
    folder: Path,
    ships: Sequence[Ship],
    window: tuple[str, str] = ("09:00", "11:00"),
    place: str | None = "55.7",
    error_km: float = 2.0,
    lines: dict[str, Sequence[tuple[float, float]]] | None = None,
    cable: str = "north",
    off_m: float = 50,
) -> Investigation:
    """Investigate a made scene."""
    routes = load_cables(cables(folder, lines or {"north": NORTH}, off_m))
    question = Question(cable, at(window[0]), at(window[1]), place, error_km)
    return investigate([archive(folder, ships)], question, routes)
