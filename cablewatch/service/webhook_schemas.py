"""Shapes of webhooks: what subscribers send, and what became of messages."""

from typing import Literal

from pydantic import AwareDatetime, Field
from typing_extensions import TypeAliasType

from cablewatch.service.geojson import Strict
from cablewatch.service.parameters import Mmsi
from cablewatch.service.schemas import AlertKind, Severity

DeliveryState = TypeAliasType("DeliveryState", Literal["pending", "delivered", "dead"])
WebhookState = TypeAliasType("WebhookState", Literal["active", "paused"])


class Interest(Strict):
    """Which alerts a subscriber is told of; null is any."""

    kind: list[AlertKind] | None = Field(None, min_length=1, description="Of one of these kinds.")
    severity: Severity | None = Field(None, description="Of at least this severity.")
    mmsi: Mmsi | None = Field(None, strict=True, description="Of this ship.")
    cable: str | None = Field(
        None, min_length=1, max_length=200, description="Id of a cable that was met or is next."
    )


class NewWebhook(Strict):
    """Somebody who wants to be told."""

    url: str = Field(max_length=2000, description="Where messages are sent to: https.")
    wanted: Interest | None = Field(None, description="Of which alerts; null is any.")


class Webhook(Strict):
    """A subscriber."""

    id: str
    url: str
    wanted: Interest
    state: WebhookState = Field(description="Paused by an answer of 410.")
    created: AwareDatetime


class CreatedWebhook(Webhook):
    """A subscriber, with what to verify messages with."""

    secret: str = Field(description="Shown this once; begins with `whsec_`.")


class Webhooks(Strict):
    """All subscribers, from the oldest."""

    webhooks: list[Webhook]


class WebhookDelivery(Strict):
    """What became of a message so far."""

    event: int = Field(
        description="Number of the event; the id of its message begins with `evt_` and it."
    )
    state: DeliveryState
    attempts: int
    next: AwareDatetime | None = Field(description="When it is tried again; null: never.")
    status: int | None = Field(description="Of the last answer.")
    error: str | None


class WebhookDeliveries(Strict):
    """Messages of a subscriber, from the newest."""

    deliveries: list[WebhookDelivery]
