"""The sentence of any term of any rule."""

import math

from cablewatch.alerts.wording import at_anchor, identity, silence, under_way
from cablewatch.alerts.wording.values import Value, Words

WORDS: Words = {
    "prior": lambda v: f"stated prior: {v['prior']:.2%} of such episodes near cables",
    **under_way.WORDS,
    **at_anchor.WORDS,
    **silence.WORDS,
    **identity.WORDS,
}

SAY_WHY = under_way.SAY_WHY | at_anchor.SAY_WHY | silence.SAY_WHY | identity.SAY_WHY


def sentence(name: str, values: Value) -> str:
    """Sentence for one term, given all values of its rule; says so where it was not computed."""
    if name not in SAY_WHY and math.isnan(values[name]):
        return f"{name.replace('_', ' ')} not computed"
    return WORDS[name](values)
