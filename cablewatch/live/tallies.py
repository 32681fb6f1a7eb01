"""What came of each source, how old fixes were when they came, and what was judged in all."""

from dataclasses import dataclass, field

import numpy as np

from cablewatch.archives.refused import Refused
from cablewatch.batches import Batch
from cablewatch.fixes import Array
from cablewatch.output.text import Json
from cablewatch.pipeline import Step

AGES_S = (1, 5, 15, 60, 300, 900, 3600)  # 5 s is what a live order allows for, 60 s one of archives


def _ages() -> Array:
    return np.zeros(len(AGES_S) + 1, np.int64)


@dataclass
class Tally:
    """Of one source, since its first run into the store."""

    fixes: int = 0
    statics: int = 0
    ages: Array = field(default_factory=_ages)  # fixes by age; the last ones are older
    age_sum_s: float = 0.0

    def note(self, batch: Batch, at_ms: int | None) -> None:
        """Count a batch; ages only where a moment of receipt is known."""
        self.fixes += len(batch.fixes)
        self.statics += len(batch.statics)
        if at_ms is not None and len(batch.fixes):
            age_s = np.maximum(at_ms - batch.fixes.t_ms, 0) / 1000.0
            self.ages += np.bincount(np.searchsorted(AGES_S, age_s), minlength=len(self.ages))
            self.age_sum_s += float(age_s.sum())

    def as_json(self, refused: Refused | None) -> Json:
        """Plain values, as they are stored and served."""
        return {
            "fixes": self.fixes,
            "statics": self.statics,
            "refused": {} if refused is None else dict(refused.counts),
            "ages_s": dict(zip(map(str, AGES_S), self.ages.tolist(), strict=False)),
            "older": int(self.ages[-1]),
            "age_sum_s": round(self.age_sum_s, 3),
        }


@dataclass
class Figures:
    """What has been taken in so far."""

    fixes: int = 0
    alerts: int = 0
    first_ms: int | None = None
    last_ms: int | None = None

    def note(self, step: Step, alerts: int) -> None:
        """Count what a step brought."""
        fixes = step.ordered.fixes
        self.fixes += len(fixes)
        self.alerts += alerts
        if len(fixes):
            self.first_ms = int(fixes.t_ms[0]) if self.first_ms is None else self.first_ms
            self.last_ms = int(fixes.t_ms[-1])
