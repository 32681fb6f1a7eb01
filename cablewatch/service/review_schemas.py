"""Shapes of reviews: what people send, and what the log of an alert answers."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints
from typing_extensions import TypeAliasType

from cablewatch.service.geojson import Strict

ReviewAction = TypeAliasType(
    "ReviewAction",
    Literal["acknowledge", "assign", "comment", "confirm", "dismiss", "hand_over", "reopen"],
)
ReviewState = TypeAliasType("ReviewState", Literal["new", "acknowledged", "confirmed", "dismissed"])

_WORDS = r"^[^\x00-\x1f\x7f]*$"  # a line
_TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"  # lines
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_WORDS)
]
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000, pattern=_TEXT)
]


class NewReview(Strict):
    """What somebody does with an alert."""

    action: ReviewAction
    actor: Words | None = Field(
        None, description="Who does it; where keys are asked for, the name of the key instead."
    )
    to: Words | None = Field(None, description="Whom it is for: `assign` and `hand_over` need it.")
    reason: Text | None = Field(
        None, description="Why, of `confirm`, `dismiss` and `reopen`; `dismiss` needs it."
    )
    comment: Text | None = Field(None, description="Of the other actions; `comment` needs it.")


class ReviewEntry(Strict):
    """A review in the log. Text is as people wrote it: text, never markup."""

    seq: int = Field(description="Greater than that of any review before it.")
    time: AwareDatetime = Field(description="When it was stored.")
    actor: str
    action: ReviewAction
    to: str | None
    reason: str | None
    comment: str | None
    review: ReviewState = Field(description="What the alert is from here on.")


class Reviews(Strict):
    """Everything that people did with an alert, in order."""

    alert_id: str
    review: ReviewState = Field(description="What the alert is now.")
    reviews: list[ReviewEntry]
