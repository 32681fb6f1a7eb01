"""Units and physical constants, one a line with unit and source."""

NAUTICAL_MILE_M = 1852.0  # m; BIPM, SI brochure, table 8
KNOT_M_S = NAUTICAL_MILE_M / 3600.0  # m/s in one knot
MINUTE_MS = 60_000  # ms
HOUR_MS = 3_600_000  # ms
DAY_MS = 86_400_000  # ms

WGS84_A_M = 6_378_137.0  # m, semi-major axis; NIMA TR8350.2
WGS84_F = 1 / 298.257223563  # flattening; NIMA TR8350.2
WGS84_E2 = WGS84_F * (2 - WGS84_F)  # first eccentricity squared

NEVER_MS = -(1 << 62)  # before any time

EARLIEST_MS = (
    946_684_800_000  # 2000-01-01T00:00:00Z; before it AIS did not exist (SOLAS V/19, 2000)
)
