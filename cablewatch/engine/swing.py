"""The swing of a ship at anchor: where her anchor lies, fitted from place and heading.

The bow of a ship at anchor points to her anchor, and the antenna lies behind it:

    place = centre - radius * (sin heading, cos heading)

``radius`` is the way along the ground from the anchor to the bow plus that from the bow to the
antenna, ``sqrt(chain^2 - (depth + hawse)^2) + antenna-to-bow`` (DESIGN section 4). Chain, depth and
antenna need not be known: both unknowns follow by least squares from the means, the covariance and
the variances of places and headings. The radius has a prior, so that a ship whose heading stands
has a centre too, as uncertain along her heading as the radius is.

Of n looks (:mod:`.stay`) each counts 1/n, and a new one at least 1/120: six hours, half a tide.

Without headings the fit is of places alone: their mean is the centre, and its error the radius. So
it is where the heading never turns while the ship moves: a sensor that hangs says no more.
Departs from a circle fitted to places alone (Kasa 1976), which has no centre below half a circle.

Cannot see: a ship moored to a buoy swings alike. Chain that is veered or hove in moves the ship
along her heading as an anchor would that drags; a hundred metres of it are allowed for.
"""

import math

import numpy as np

from cablewatch.engine.state import E7
from cablewatch.geodesy import radii_m
from cablewatch.jit import lean

MEMORY = 120  # looks, six hours: half a tide of 12.4 h
WORTH = 10.0  # looks to an independent one: a ship yaws with periods of 10-20 min; assumed

RADIUS_M, RADIUS_SD_M = 250.0, 125.0  # m: 80-330 m of chain in 10-60 m, and up to 250 m of ship
RADIUS_SHARE = 0.35  # of it, error: a heading yaws wider than the chain and ahead of it; assumed
NOISE_M = 25.0  # m, least error of a look: 10 degrees of yaw between bow and 150 m of chain
GNSS_M = 15.0  # m, standard deviation without corrections: half the 30 m of `crossing`
VEER_M = 100.0  # m along the heading: three to four shackles of 27.5 m; assumed
LEAST_TURN = 1e-6  # of the variance of headings
HANGS_TURN = 1e-5  # 0.2 degrees, below the whole degrees of reports: the sensor hangs

STILL_M, ALIVE_M = 10.0, 20.0  # m rms of a ship made fast, and of one that moves; assumed
LOST_M, WILD_M = 60.0, 150.0  # m rms that headings leave: a hard yaw, and no anchor; assumed
FAR_M = 350.0  # m rms of places about an anchor at most: a radius and 100 m; assumed
SWING_LLR = math.log(20.0)  # one other ship in twenty moves so by chance; assumed
PLACES_LLR = math.log(3.0)  # the same of places alone; assumed
STATUS_LLR = math.log(4.0)  # 67 % of ships at anchor say so, 6 % of all at rest; 11, held down
AT_ANCHOR, MOORED = 1, 5  # ITU-R M.1371-5, table 45


@lean
def e7(degrees):
    """Degrees as whole 1e-7 degrees: the same at any longitude."""
    return np.int64(math.floor(degrees / E7 + 0.5))


@lean
def _scale_m(stay):
    """Metres east and north of 1e-7 degree at the origin."""
    lat = math.radians(stay.origin_lat_e7 * E7)
    along_m, across_m = radii_m(math.sin(lat))
    unit = math.radians(E7)
    return unit * across_m * math.cos(lat), unit * along_m


@lean
def place_m(stay, lon, lat):
    """Metres east and north of the origin."""
    east_m, north_m = _scale_m(stay)
    east = e7(lon) - stay.origin_lon_e7
    if abs(east) > 1_800_000_000:
        east -= 3_600_000_000 if east > 0 else -3_600_000_000
    return east * east_m, (e7(lat) - stay.origin_lat_e7) * north_m


@lean
def position(stay, east_m, north_m):
    """Longitude and latitude of a place given in metres from the origin."""
    east, north = _scale_m(stay)
    lon = (stay.origin_lon_e7 + east_m / east) * E7
    return lon, (stay.origin_lat_e7 + north_m / north) * E7


@lean
def _turn(stay):
    """Variance of the headings, as vectors."""
    return max(LEAST_TURN, 1.0 - stay.sin * stay.sin - stay.cos * stay.cos)


@lean
def of_places(stay):
    """Whether the fit is of places alone: no headings, or one that hangs while the ship moves."""
    hangs = _turn(stay) < HANGS_TURN and stay.spread_m2 > ALIVE_M * ALIVE_M
    return stay.mute < 0 or hangs


@lean
def fit(stay):
    """Least squares with a prior of the radius.

    Returns centre east and north of the origin (m), radius (m; 0 of places alone), its variance,
    variance of a look (m2), mean square that the headings leave of the places (m2), both axes
    together.
    """
    least = NOISE_M * NOISE_M
    if of_places(stay):
        return stay.east_m, stay.north_m, 0.0, RADIUS_SD_M * RADIUS_SD_M, least, stay.spread_m2
    worth, turn = stay.n / WORTH, _turn(stay)
    noise_m2 = max(least, 0.5 * (stay.spread_m2 - stay.arc_m * stay.arc_m / turn))
    prior = 1.0 / (RADIUS_SD_M * RADIUS_SD_M)
    precise = worth * turn / noise_m2 + prior
    radius_m = (RADIUS_M * prior - stay.arc_m * worth / noise_m2) / precise
    left_m2 = stay.spread_m2 + 2.0 * radius_m * stay.arc_m + radius_m * radius_m * turn
    left_m2 = max(0.0, left_m2)
    return (
        stay.east_m + radius_m * stay.sin,
        stay.north_m + radius_m * stay.cos,
        radius_m,
        1.0 / precise + (RADIUS_SHARE * radius_m) ** 2,
        max(least, 0.5 * left_m2),
        left_m2,
    )


@lean
def centre_error_m(stay, fitted):
    """Standard deviation of the centre in the direction in which it is known least."""
    if of_places(stay):
        return math.sqrt(0.5 * (RADIUS_M * RADIUS_M + RADIUS_SD_M * RADIUS_SD_M))
    mean2 = stay.sin * stay.sin + stay.cos * stay.cos
    return math.sqrt(fitted[4] * WORTH / stay.n + fitted[3] * mean2)


@lean
def squared(stay, fitted, sin, cos, east_m, north_m):
    """Square of a way of the centre in standard deviations, and their area (m2), at a heading."""
    if of_places(stay):
        var = RADIUS_M * RADIUS_M + RADIUS_SD_M * RADIUS_SD_M
        return (east_m * east_m + north_m * north_m) / var, var
    noise = fitted[4] * (1.0 + WORTH / stay.n)
    aside_e, aside_n = sin - stay.sin, cos - stay.cos
    veer = VEER_M * VEER_M
    ee = noise + fitted[3] * aside_e * aside_e + veer * sin * sin
    nn = noise + fitted[3] * aside_n * aside_n + veer * cos * cos
    en = fitted[3] * aside_e * aside_n + veer * sin * cos
    det = ee * nn - en * en
    square = nn * east_m * east_m - 2.0 * en * east_m * north_m + ee * north_m * north_m
    return square / det, math.sqrt(det)


@lean
def bow_of(ship):
    """Sine and cosine of the heading; 0 and 0 in a stay without headings."""
    if ship.swing.mute < 0:
        return 0.0, 0.0
    heading = math.radians(ship.heading)
    return math.sin(heading), math.cos(heading)


@lean
def swing_llr(stay, fitted, hours):
    """Ratio of places that turn about a centre as headings do, to those that stand or wander."""
    wide_m = math.sqrt(stay.spread_m2)
    if wide_m < ALIVE_M:
        still = min(1.0, (ALIVE_M - wide_m) / (ALIVE_M - STILL_M))
        return -SWING_LLR * still * min(1.0, hours)
    if of_places(stay):
        wanders = min(1.0, max(0.0, wide_m / FAR_M - 1.0))
        return PLACES_LLR * (1.0 - wanders) * min(1.0, 0.5 * hours) - SWING_LLR * wanders
    gnss = GNSS_M * GNSS_M
    gain = math.log((0.5 * stay.spread_m2 + gnss) / (0.5 * fitted[5] + gnss)) * stay.n / WORTH
    gain -= 0.5 * ((fitted[2] - RADIUS_M) / RADIUS_SD_M) ** 2
    left_m = math.sqrt(0.5 * fitted[5])
    wanders = min(1.0, max(0.0, (left_m - LOST_M) / (WILD_M - LOST_M)))
    return min(SWING_LLR, max(0.0, gain)) * (1.0 - wanders) - SWING_LLR * wanders


@lean
def status_llr(status):
    """Ratio of what a ship says of herself."""
    if status == AT_ANCHOR:
        return STATUS_LLR
    return -STATUS_LLR if status == MOORED else 0.0


@lean
def heading_spread_deg(stay):
    """Circular standard deviation of the headings; NaN where there are none."""
    if stay.mute < 0:
        return np.nan
    mean2 = min(1.0, max(1e-9, stay.sin * stay.sin + stay.cos * stay.cos))
    return math.degrees(math.sqrt(-math.log(mean2)))


@lean
def weigh(stay, east_m, north_m, sin, cos):
    """Let a look enter the means and variances."""
    stay.n = min(MEMORY, stay.n + 1)
    weight = 1.0 / stay.n
    de, dn, ds, dc = east_m - stay.east_m, north_m - stay.north_m, sin - stay.sin, cos - stay.cos
    stay.arc_m = (1.0 - weight) * (stay.arc_m + weight * (de * ds + dn * dc))
    stay.spread_m2 = (1.0 - weight) * (stay.spread_m2 + weight * (de * de + dn * dn))
    stay.east_m += weight * de
    stay.north_m += weight * dn
    stay.sin += weight * ds
    stay.cos += weight * dc
