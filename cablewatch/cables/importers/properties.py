"""What a feature of a foreign file can say about a cable, and how its words and figures are read.

The names are those of :mod:`cablewatch.cables.model`. A value is text, a word out of a choice, or a
figure with a unit in its name; None is "the file does not say". What is written but cannot be
understood is refused with the feature, never replaced by a guess.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cablewatch.cables.model import KINDS, MAX_LENGTH_KM, MAX_METRES, POSITION_CLASSES

Said = dict[str, str | float]
"""Properties of the model, with the values that somebody gave."""

KIND_WORDS = {
    "telecom": ("telecommunication", "telecommunications", "telecommunication cable", "telephone",
                "telegraph", "communication", "fibre optic", "fiber optic", "data cable"),
    "power": ("electricity", "electric", "power cable", "power line", "hvdc", "hvac"),
    "gas_pipeline": ("gas", "gas pipeline", "natural gas"),
    "pipeline": ("oil", "oil pipeline", "water", "condensate", "methanol", "chemical"),
}  # fmt: skip
_KIND_OF = {word: kind for kind in KINDS for word in (kind, *KIND_WORDS[kind])}


class Refused(Exception):
    """A feature that is not taken.

    Attributes
    ----------
    reason : str
        What is counted.
    detail : str
        What is special to this feature.
    do : str
        Advice, where it is another than to choose other features.
    """

    def __init__(self, reason: str, detail: str = "", do: str = "") -> None:
        self.reason = reason
        self.detail = detail
        self.do = do
        super().__init__(reason)


def text_of(value: Any) -> str | None:
    r"""One line of printable text; None for what is missing or blank. Lists are joined.

    >>> text_of(12.0), text_of("  C-Lion1\n"), text_of(float("nan")), text_of(["a", "b"])
    ('12', 'C-Lion1', None, 'a, b')
    """
    if isinstance(value, list | tuple | np.ndarray):
        return ", ".join(filter(None, map(text_of, value))) or None
    if value is None or value != value:  # NaN and NaT differ from themselves
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    words = "".join(c if c.isprintable() else " " for c in str(value)).split()
    return " ".join(words) or None


def _not_understood(what: str, wanted: str, text: str) -> Refused:
    option = what.replace(" ", "-")
    do = f"have the column ignored (--map {option}=) and give --{option}"
    return Refused(f"{what} is {wanted}", repr(text), do)


def _figure(limit: float, value: Any, what: str) -> float | None:
    text = text_of(value)
    if text is None:
        return None
    try:
        figure = float(text)
    except ValueError:
        raise _not_understood(what, "no number", text) from None
    if not 0 <= figure <= limit:
        raise _not_understood(what, f"not in 0-{limit:g}", text)
    return figure


def _metres(value: Any, what: str) -> float | None:
    return _figure(MAX_METRES, value, what)


def _length_km(value: Any, what: str) -> float | None:
    return _figure(MAX_LENGTH_KM, value, what) or None  # files write 0 for an unknown length


def _text(value: Any, what: str) -> str | None:
    return text_of(value)


def _kind(value: Any, what: str) -> str | None:
    text = text_of(value)
    if text is None:
        return None
    kind = _KIND_OF.get(text.lower().replace("-", " ").replace("_pipeline", " pipeline"))
    if kind is None:
        raise _not_understood(what, f"none of {', '.join(KINDS)}", text)
    return kind


def _position_class(value: Any, what: str) -> str | None:
    text = text_of(value)
    if text is not None and text.lower() not in POSITION_CLASSES:
        raise _not_understood(what, f"none of {', '.join(POSITION_CLASSES)}", text)
    return text and text.lower()


Found = dict[str, str | float | Refused]
"""As :data:`Said`; a value that cannot be understood is a refusal, unless it is not asked for."""

_READ: Mapping[str, Callable[[Any, str], str | float | None]] = {
    "id": _text,
    "name": _text,
    "owner": _text,
    "status": _text,
    "kind": _kind,
    "position_class": _position_class,
    "position_uncertainty_m": _metres,
    "protection_zone_m": _metres,
    "zone_basis": _text,
    "licence": _text,
    "source": _text,
    "published_length_km": _length_km,
}

OPTION = {name: name.replace("_", "-") for name in _READ} | {
    "position_uncertainty_m": "uncertainty-m",
    "protection_zone_m": "zone-m",
    "published_length_km": "length-km",
}
"""What the command line calls a property, as an option and in ``--map``."""
PROPERTY = {option: name for name, option in OPTION.items()}


def read_value(name: str, value: Any) -> str | float | None:
    """The value of property `name` that a file or a user wrote, None where there is none.

    Raises
    ------
    Refused
        It is written, but is no such value.
    """
    return _READ[name](value, OPTION[name].replace("-", " "))
