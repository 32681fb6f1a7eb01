"""``/api/v1/alerts/{alert_id}/reviews``: what people do with alerts, appended, never rewritten."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import JSONResponse

from cablewatch.errors import UsageError
from cablewatch.output.text import rfc3339
from cablewatch.service.errors import NotFoundError, problems
from cablewatch.service.parameters import IdempotencyKey, known_parameters
from cablewatch.service.review_schemas import NewReview, ReviewEntry, Reviews
from cablewatch.service.routes import Folder, TaggedJSONResponse
from cablewatch.stores.events import now_ms
from cablewatch.stores.reviews import Review, Reviewed

router = APIRouter(
    prefix="/api/v1/alerts/{alert_id}/reviews",
    tags=["reviews"],
    dependencies=[Depends(known_parameters)],
)

JUDGING = ("confirm", "dismiss", "reopen")  # their text is a reason, that of others a comment

AlertId = Annotated[str, Path(max_length=200, description="Of the alert.")]


@router.get(
    "",
    operation_id="listReviews",
    summary="What people did with an alert",
    response_model=Reviews,
    responses=problems(404, 422, 503),
)
def list_reviews(folder: Folder, alert_id: AlertId) -> Any:
    """List the reviews of an alert in order, and what it is by them."""
    alert = folder.alerts.get(alert_id)
    if alert is None:
        raise _unknown()
    entries = [entry(review) for review in folder.reviews().of(alert_id)]
    return TaggedJSONResponse({"alert_id": alert_id, "review": alert.review, "reviews": entries})


@router.post(
    "",
    operation_id="reviewAlert",
    summary="Acknowledge, assign, comment, confirm, dismiss, hand over, reopen",
    status_code=201,
    response_model=ReviewEntry,
    responses=problems(400, 404, 409, 422, 503),
)
def review_alert(
    request: Request,
    folder: Folder,
    alert_id: AlertId,
    body: NewReview,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """Append a review to the log of an alert.

    A confirmed or dismissed alert is reopened before it is judged anew. Sent again with the same
    `Idempotency-Key`, the review is answered as it was stored the first time.
    """
    asked = Review(
        alert_id,
        at_ms=now_ms(),
        actor=_actor(request, body),
        action=body.action,
        to=body.to,
        text=_text(body),
        key=idempotency_key,
    )
    made = folder.review(asked)
    if made is None:
        raise _unknown()
    if (made.action, made.to, made.text) != (asked.action, asked.to, asked.text):
        do = "make up a new one for each review"
        raise UsageError("Idempotency-Key", "it was used for another review", do)
    return JSONResponse(entry(made), 201)


def entry(review: Reviewed) -> dict[str, Any]:
    """A review as the log answers it."""
    judges = review.action in JUDGING
    return {
        "seq": review.seq,
        "time": rfc3339(review.at_ms),
        "actor": review.actor,
        "action": review.action,
        "to": review.to,
        "reason": review.text if judges else None,
        "comment": None if judges else review.text,
        "review": review.review,
    }


def _actor(request: Request, body: NewReview) -> str:
    """Who reviews: the key, which nobody can claim to be, else whoever the body names."""
    caller = getattr(request.state, "caller", None)
    if caller is not None and body.actor not in (None, caller):
        raise UsageError("actor", f"the key is that of {caller!r}", "leave it out")
    return str(caller or body.actor or "")


def _text(body: NewReview) -> str | None:
    """The text of a review; UsageError where it goes by the other name, or is missing."""
    name, other = ("reason", "comment") if body.action in JUDGING else ("comment", "reason")
    if getattr(body, other) is not None:
        raise UsageError(other, f"{body.action!r} takes none", f"call it {name!r}")
    text: str | None = getattr(body, name)
    if text is None and body.action in ("comment", "dismiss"):
        raise UsageError(name, "missing", f"{body.action!r} needs it")
    return text


def _unknown() -> NotFoundError:
    return NotFoundError("alert_id", "no such alert", "take ids from /api/v1/alerts")
