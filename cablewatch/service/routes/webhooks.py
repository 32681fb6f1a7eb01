"""``/api/v1/webhooks``: who is told of alerts as they are stored, and what became of messages."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from cablewatch.errors import UsageError
from cablewatch.output.text import canonical_json, rfc3339
from cablewatch.service.errors import NotFoundError, problems
from cablewatch.service.folder import StoreFolder
from cablewatch.service.parameters import IdempotencyKey, known_parameters
from cablewatch.service.routes import Folder, TaggedJSONResponse
from cablewatch.service.webhook_schemas import (
    CreatedWebhook,
    DeliveryState,
    NewWebhook,
    WebhookDeliveries,
    Webhooks,
)
from cablewatch.service.webhooks.subscribers import subscribe, wanted_of
from cablewatch.stores.deliveries import Delivery, Outbox
from cablewatch.stores.events import now_ms
from cablewatch.stores.subscriptions import PENDING, Subscription, SubscriptionStore

router = APIRouter(
    prefix="/api/v1/webhooks", tags=["webhooks"], dependencies=[Depends(known_parameters)]
)

WebhookId = Annotated[str, Path(max_length=200, description="Of the subscriber.")]
EventSeq = Annotated[int, Path(ge=1, lt=1 << 63, description="Number of the event.")]


@router.post(
    "",
    operation_id="addWebhook",
    summary="Be told of alerts",
    status_code=201,
    response_model=CreatedWebhook,
    responses=problems(400, 422, 503),
)
def add_webhook(
    request: Request,
    folder: Folder,
    body: NewWebhook,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """Subscribe a URL to what happens from now on; the secret is shown this once.

    Sent again with the same `Idempotency-Key`, it adds nothing and is answered as the first time.
    """
    key = None
    if idempotency_key is not None:  # of each caller its own, for the answer tells the secret
        caller = getattr(request.state, "caller", None)
        key = canonical_json({"caller": caller, "key": idempotency_key})
    made = subscribe(folder.writing, request.app.state.destinations, body, key)
    if (made.url, made.wanted) != (body.url, wanted_of(body)):
        do = "make up a new one for each subscriber"
        raise UsageError("Idempotency-Key", "it was used for another subscriber", do)
    return JSONResponse({**_shown(made), "secret": made.secret}, 201)


@router.get(
    "",
    operation_id="listWebhooks",
    summary="Who is told",
    response_model=Webhooks,
    responses=problems(422, 503),
)
def list_webhooks(folder: Folder) -> Any:
    """List all subscribers, without their secrets."""
    found = SubscriptionStore(folder.alerts.database).all()
    return TaggedJSONResponse({"webhooks": [_shown(one) for one in found]})


@router.delete(
    "/{webhook_id}",
    operation_id="removeWebhook",
    summary="Be told no more",
    status_code=204,
    responses=problems(404, 422, 503),
)
def remove_webhook(folder: Folder, webhook_id: WebhookId) -> Response:
    """Forget a subscriber, with all that was to be sent."""
    if not SubscriptionStore(folder.writing).remove(webhook_id):
        raise _unknown()
    return Response(status_code=204)


@router.post(
    "/{webhook_id}/resume",
    operation_id="resumeWebhook",
    summary="Be told again",
    status_code=204,
    responses=problems(404, 422, 503),
)
def resume_webhook(folder: Folder, webhook_id: WebhookId) -> Response:
    """Tell a paused subscriber again, of what happened meanwhile too."""
    if not SubscriptionStore(folder.writing).resume(webhook_id):
        raise _unknown()
    return Response(status_code=204)


@router.get(
    "/{webhook_id}/deliveries",
    operation_id="listDeliveries",
    summary="What became of messages",
    response_model=WebhookDeliveries,
    responses=problems(404, 422, 503),
)
def list_deliveries(
    folder: Folder,
    webhook_id: WebhookId,
    state: Annotated[DeliveryState | None, Query(description="Those in this state.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Messages at most.")] = 100,
) -> Any:
    """List messages of a subscriber from the newest; without `state` those not delivered."""
    _known(folder, webhook_id)
    outbox = Outbox(folder.alerts.database)
    states = {} if state is None else {"states": (state,)}
    found = outbox.of(webhook_id, limit=limit, **states)
    return TaggedJSONResponse({"deliveries": [_delivery(one) for one in found]})


@router.post(
    "/{webhook_id}/deliveries/{event}/redeliver",
    operation_id="redeliver",
    summary="Send a dead message again",
    status_code=204,
    responses=problems(404, 422, 503),
)
def redeliver(folder: Folder, webhook_id: WebhookId, event: EventSeq) -> Response:
    """Try a dead message again, as if for the first time."""
    _known(folder, webhook_id)
    if not Outbox(folder.writing).revive(webhook_id, event, now_ms()):
        raise NotFoundError("event", "no dead message", "take them from deliveries?state=dead")
    return Response(status_code=204)


def _known(folder: StoreFolder, webhook_id: str) -> None:
    if SubscriptionStore(folder.alerts.database).get(webhook_id) is None:
        raise _unknown()


def _unknown() -> NotFoundError:
    return NotFoundError("webhook_id", "no such subscriber", "take ids from /api/v1/webhooks")


def _shown(of: Subscription) -> dict[str, Any]:
    wanted = of.wanted
    return {
        "id": of.id,
        "url": of.url,
        "wanted": {
            "kind": None if wanted.kinds is None else list(wanted.kinds),
            "severity": wanted.severity,
            "mmsi": wanted.mmsi,
            "cable": wanted.cable,
        },
        "state": of.state,
        "created": rfc3339(of.created_ms),
    }


def _delivery(of: Delivery) -> dict[str, Any]:
    return {
        "event": of.event_seq,
        "state": of.state,
        "attempts": of.attempts,
        "next": rfc3339(of.next_ms) if of.state == PENDING else None,
        "status": of.status,
        "error": of.error,
    }
