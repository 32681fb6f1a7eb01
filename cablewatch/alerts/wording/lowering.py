"""Sentences of what lowers a score."""

PLACE_WORDS = {
    "port": "a port",
    "berth": "a place where ships lie moored",
    "anchorage": "a place where ships anchor",
    "roadstead": "a place where ships lie and wait",
    "windfarm": "a wind farm, where ships of this class work",
    "pilotage": "an area where ships slow down for pilots",
    "tss": "a traffic separation scheme, where others set the speed",
}


def lowered(service: str, ship_type: int) -> str:
    """Sentence for the term that lowers the score of a ship at its work."""
    return (
        f"lowered: every message of the ship says {service.replace('_', ' ')} (type {ship_type}), "
        "whose work looks alike"
    )


def misled() -> str:
    """Sentence for the term that lowers what a ship reports while many are misled."""
    return (
        "lowered: satellite navigation was disturbed around there, and the ship reported places "
        "where it was not"
    )


def stopping_place(kind: str, name: str, others: int | None, share: float) -> str:
    """Sentence for the term that lowers an episode by where it took place.

    `others` are the ships that stopped there besides this one; None where nobody counted.
    """
    who = "" if others is None else f", {others} other ships stopped there"
    known = f" ({name})" if name else ""
    return f"lowered: {share:.0%} of it took place in {PLACE_WORDS[kind]}{known}{who}"


def stop_in(kind: str, name: str) -> str:
    """Sentence for the term that takes a recovery stop back."""
    known = f" ({name})" if name else ""
    return f"lowered: it stopped in {PLACE_WORDS[kind]}{known}, so the stop does not count"


def depth(shallowest_m: float, lowers: bool, chain_m: float) -> str:
    """Sentence for the depth of the water in which an anchor would have to lie."""
    if not lowers:
        return f"anchor can reach the bottom: water of {shallowest_m:.0f} m on its way"
    return (
        f"lowered: no water on its way is shallower than {shallowest_m:.0f} m, and the longest "
        f"anchor chains are about {chain_m:.0f} m"
    )


def depth_unknown(why: str) -> str:
    """Sentence for a depth that is not known."""
    return f"depth not known: {why}"
