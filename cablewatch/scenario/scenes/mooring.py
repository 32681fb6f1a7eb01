"""A ship at anchor: how far she lies from it, to which side, and how she yaws.

The chain hangs as a catenary. With the horizontal pull F, its weight in water w a metre, the water
depth D and the hawse H above it, ``h = D + H`` and ``a = F / w``::

    suspended  s = sqrt(h^2 + 2 a h)          at most the chain C
    distance   C - s + a arcosh(1 + h / a)    towards sqrt(C^2 - h^2), the taut chain

so that sqrt(C^2 - (D + H)^2) is the most that the bow can be away. Wind and tidal stream pull
together; where the stream turns the ship swings round. A chain of 84 mm weighs 1.33 kN a metre in
water (155 kg/m in air, as makers' tables say for stud link, less 13 %). The other figures are
assumed.
"""

from dataclasses import dataclass

import numpy as np

from cablewatch.fixes import Array
from cablewatch.scenario.ship import GRID_S, noise

TIDE_S = 12.42 * 3600.0  # s, principal lunar tide
INERTIA_S = 600.0  # s in which a ship follows a change of the pull
LEAST_N = 2e3  # N, pull below which a ship does not lie to anything


@dataclass(frozen=True, slots=True)
class Rig:
    """Anchor gear and the water it lies in."""

    chain_m: float
    depth_m: float
    hawse_m: float = 6.0  # above the water
    weight_n_m: float = 1330.0  # chain of 84 mm in water

    @property
    def taut_m(self) -> float:
        """Horizontal distance from anchor to hawse on a taut chain."""
        return float(np.sqrt(self.chain_m**2 - (self.depth_m + self.hawse_m) ** 2))

    def hangs_m(self, pull_n: Array) -> Array:
        """Horizontal distance (n,) from anchor to hawse under a pull.

        >>> rig = Rig(165.0, 40.0)
        >>> rig.hangs_m(np.array([5e3, 80e3, 2e6])).round(), round(rig.taut_m)
        (array([128., 148., 158.]), 158)
        """
        h, a = self.depth_m + self.hawse_m, np.asarray(pull_n, float) / self.weight_n_m
        lifted = np.sqrt(h * h + 2.0 * a * h)
        lying = self.chain_m - lifted + a * np.arccosh(1.0 + h / a)
        return np.where(lifted < self.chain_m, np.minimum(lying, self.taut_m), self.taut_m)


@dataclass(frozen=True, slots=True)
class Weather:
    """What pulls at a ship at anchor."""

    wind_from_deg: float
    wind_n: float = 40e3  # N, pull of the wind: some 10 m/s on a ship of 150 m
    veers_deg: float = 20.0  # deg rms over four hours
    stream_n: float = 0.0  # N, greatest pull of the tidal stream
    stream_deg: float = 0.0  # where the flood runs
    horse_deg: float = 5.0  # deg, amplitude of the bearing from the anchor
    cycle_s: tuple[float, float] = (480.0, 900.0)  # s, period of horsing

    def lies(self, rng: np.random.Generator, t_s: Array, rig: Rig) -> tuple[Array, Array]:
        """Bearing (n,) from the anchor to leeward, and distance (n,) to the hawse."""
        step = 1.0 / GRID_S
        wind = np.radians(
            self.wind_from_deg + 180.0 + self.veers_deg * noise(rng, len(t_s), 4 * 3600.0 * step, 2)
        )
        gusts = self.wind_n * np.maximum(1.0 + 0.25 * noise(rng, len(t_s), 1800.0 * step), 0.1)
        phase = 2.0 * np.pi * (t_s / TIDE_S + rng.uniform())
        flood = self.stream_n * np.cos(phase)
        toward = np.radians(self.stream_deg)
        pull = gusts * np.exp(1j * wind) + flood * np.exp(1j * toward)  # north + i east
        kernel = np.exp(-np.arange(0.0, 5 * INERTIA_S, GRID_S) / INERTIA_S)
        padded = np.concatenate([np.full(len(kernel) - 1, pull[0]), pull])
        pull = np.convolve(padded, kernel / kernel.sum(), mode="valid")
        lee: Array = np.degrees(np.unwrap(np.angle(pull)))
        return lee, rig.hangs_m(np.maximum(np.abs(pull), LEAST_N))

    def horses(
        self, rng: np.random.Generator, t_s: Array, yaw_deg: Array | None = None
    ) -> tuple[Array, Array]:
        """Swing (n,) of the bearing about leeward, and yaw (n,) of the heading off the anchor.

        The bow leads the way to and fro by a quarter of the period. `yaw_deg` (n,) is the
        amplitude of the yaw; without it 2.5 times that of the bearing.
        """
        cycle_s = rng.uniform(*self.cycle_s)
        phase = 2 * np.pi * t_s / cycle_s + 0.8 * noise(rng, len(t_s), 1800.0 / GRID_S, 2)
        swell = np.exp(0.3 * noise(rng, len(t_s), 3600.0 / GRID_S, 2))
        yaw = 2.5 * self.horse_deg * swell if yaw_deg is None else yaw_deg
        return self.horse_deg * swell * np.sin(phase), yaw * np.cos(phase)
