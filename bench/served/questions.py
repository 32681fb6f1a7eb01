"""Questions to every route, by the route's method and path as the documents of the API name it.

A route without a question is refused (:func:`questions`): whoever adds one says what to ask.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import quote, urlencode

import pyarrow.parquet as pq
import sqlalchemy as sa

from bench.served.client import Asked
from bench.served.store import DAY_START_MS, Made
from cablewatch.cables.model import load_cables
from cablewatch.output.text import rfc3339
from cablewatch.service.folder import StoreFolder
from cablewatch.service.ogc.crossings import crossings
from cablewatch.service.ogc.query import Query
from cablewatch.stores.alert_search import SORTS, Wanted, cursor_of
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.deliveries import DEAD, Outbox
from cablewatch.stores.sql.tables import ALERTS
from cablewatch.stores.subscriptions import SubscriptionStore
from cablewatch.units import DAY_MS, HOUR_MS, MINUTE_MS

DEEP = 0.9  # of all alerts lie before a deep page
NOON_MS = DAY_START_MS + 12 * HOUR_MS
PAGE = {"limit": "50"}
URL = "https://receiver.example/alerts"
NOTHING, REMOVED = Wanted(cable="none"), 24
_BOX, _WIDE_BOX = "12.4,55.4,12.9,55.9", "9,54,24,60"
Routes = Mapping[str, Sequence[Asked]]


@dataclass(frozen=True)
class Known:
    """What of a store is asked for."""

    alert: str  # with a review
    mmsi: int
    cable: str
    crossing: str
    subscriber: str
    dead: Sequence[int]  # events that were given up
    others: Sequence[str]  # subscribers to be removed
    deep: Mapping[str, str]  # cursors by sort
    day: str
    year: str

    @classmethod
    def of(cls, made: Made) -> "Known":
        """Look into a store."""
        store = AlertStore(made.place)
        matched = store.latest(limit=1).matched
        crossed = crossings(StoreFolder(made.folder), Query(1)).features
        ships = pq.read_table(made.folder / "vessels.parquet", columns=["mmsi"])["mmsi"]
        subscriptions = SubscriptionStore(store.database)
        (subscriber, *_) = subscriptions.all()
        return cls(
            alert=store.beginning("", 1)[0],
            mmsi=crossed[0]["properties"]["mmsi"] if crossed else ships[0].as_py(),
            cable=load_cables()[0].id,
            crossing=crossed[0]["id"] if crossed else "none",
            subscriber=subscriber.id,
            dead=[one.event_seq for one in Outbox(store.database).of(subscriber.id, (DEAD,))],
            others=[subscriptions.add(URL, "", NOTHING).id for _ in range(REMOVED)],
            deep={sort: _deep(store, sort, int(DEEP * matched)) for sort in SORTS},
            day=f"{rfc3339(DAY_START_MS)}/{rfc3339(DAY_START_MS + DAY_MS)}",
            year=f"{rfc3339(NOON_MS - 300 * DAY_MS)}/{rfc3339(NOON_MS)}",
        )


def _deep(store: AlertStore, sort: str, skipped: int) -> str:
    """Cursor of the page after so many alerts."""
    order = SORTS[sort]
    columns = [ALERTS.c[name] for name in order.columns]
    by = [c.desc() if order.descending else c for c in columns]
    asked = sa.select(*columns).order_by(*by).offset(max(skipped - 1, 0)).limit(1)
    with store.database.reading() as db:
        row = db.execute(asked).one()
    return cursor_of(sort, cast("sa.Row[Any]", SimpleNamespace(**row._mapping)))


def questions(made: Made, documented: Mapping[str, Any], ogc: Mapping[str, Any]) -> list[Asked]:
    """All questions, in the order of the routes; SystemExit where a route has none.

    Parameters
    ----------
    documented, ogc : mapping
        Paths of the OpenAPI documents of the API and of `/ogc`.
    """
    known = Known.of(made)
    asked: dict[str, Sequence[Asked]] = {
        **_alerts(known),
        **_ships(known),
        **_replays(),
        **_cables(known),
        **_reviews(known),
        **_webhooks(known),
        **_others(),
        **_ogc(known),
    }
    routes = [f"{m.upper()} {path}" for path, of in documented.items() for m in of]
    routes += [f"GET /ogc{path.removesuffix('/')}" for path in ogc]
    silent = [route for route in routes if route not in asked]
    if silent:
        raise SystemExit(f"bench/served/questions.py asks nothing of {', '.join(silent)}")
    return [one for some in asked.values() for one in some]


def _get(path: str, label: str = "", coding: str = "identity", **query: str) -> Asked:
    where = f"{path}?{urlencode(query)}" if query else path
    return Asked(label or where, "GET", where, {"Accept-Encoding": coding})


def _post(path: str, label: str, said: Any = None, method: str = "POST") -> Asked:
    body = None if said is None else json.dumps(said).encode()
    headers = {} if body is None else {"Content-Type": "application/json"}
    return Asked(label, method, path, headers, body)


def _alerts(known: Known) -> Routes:
    path = "/api/v1/alerts"

    def page(label: str, coding: str = "identity", **query: str) -> Asked:
        return _get(path, f"alerts, {label}", coding, **PAGE, **query)

    filters = {
        "kind": {"kind": "loitering,silence"},
        "severity": {"severity": "critical"},
        "probability": {"probability": "0.9"},
        "cable": {"cable": known.cable},
        "ship": {"mmsi": str(known.mmsi)},
        "review": {"review": "dismissed"},
        "state": {"state": "open"},
        "small box": {"bbox": _BOX},
        "large box": {"bbox": _WIDE_BOX},
        "a day": {"datetime": known.day},
        "most of a year": {"datetime": known.year},
        "as of then": {"as_of": rfc3339(NOON_MS - 100 * DAY_MS)},
        "as of then, of a cable": {
            "as_of": rfc3339(NOON_MS - 100 * DAY_MS),
            "cable": known.cable,
        },
        "all filters": {"kind": "loitering", "severity": "watch", "state": "closed"},
    }
    pages = [page("first page"), page("gzip", "gzip"), page("br", "br")]
    pages += [_get(path, "alerts, 1000 a page", limit="1000")]
    pages += [page(f"by {sort}", sort=sort) for sort in SORTS if sort != "-raised"]
    pages += [page(f"deep by {sort}", sort=sort, cursor=known.deep[sort]) for sort in SORTS]
    pages += [page(label, **query) for label, query in filters.items()]
    one = f"{path}/{known.alert}"
    return {
        f"GET {path}": pages,
        f"GET {path}/{{alert_id}}": [
            _get(one, "an alert"),
            _get(one, "an alert, CAP", f="cap"),
            _get(one, "an alert, CoT", f="cot"),
        ],
    }


def _ships(known: Known) -> Routes:
    path = "/api/v1/vessels"
    track = f"{path}/{known.mmsi}/track"
    return {
        f"GET {path}": [_get(path, "ships by name", q="A"), _get(path, "ships by number", q="2")],
        f"GET {path}/{{mmsi}}": [_get(f"{path}/{known.mmsi}", "a ship")],
        f"GET {path}/{{mmsi}}/track": [
            _get(track, "a track"),
            _get(track, "a track, simplified", simplify="100"),
            *(_get(track, f"a track, {f}", f=f) for f in ("gpx", "kml", "csv", "arrow")),
        ],
    }


def _replays() -> Routes:
    path = "/api/v1/replays"
    steps = count()

    def block(label: str, coding: str = "identity", **query: str) -> list[Asked]:
        """Blocks in turn, so that each is asked for the first time."""
        starts = (DAY_START_MS + next(steps) * 7 % 144 * 10 * MINUTE_MS for _ in range(24))
        at = [f"{path}/blocks/{rfc3339(start)}" for start in starts]
        return [_get(one, label, coding, **query) for one in at]

    span = {"from": rfc3339(NOON_MS), "to": rfc3339(NOON_MS + HOUR_MS)}
    stream = f"{path}/stream?{urlencode(span)}"
    return {
        f"GET {path}": [_get(path, "what there is to replay")],
        f"GET {path}/blocks/{{start}}": [
            *block("a block, JSON", f="json"),
            *block("a block, JSON gzip", "gzip", f="json"),
            *block("a block, JSON zstd", "zstd", f="json"),
            *block("a block, Arrow", f="arrow"),
            *block("a block, box", f="json", bbox=_BOX),
            *block("a block, before", f="json", before="true"),
        ],
        f"GET {path}/stream": [Asked("a replay's first event", "GET", stream, {}, stream=True)],
    }


def _cables(known: Known) -> Routes:
    path = "/api/v1/cables"
    one = f"{path}/{quote(known.cable)}"
    hours = f"{rfc3339(NOON_MS)}/{rfc3339(NOON_MS + 2 * HOUR_MS)}"
    return {
        f"GET {path}": [_get(path, "cables"), _get(path, "cables, br", "br")],
        f"GET {path}/{{cable_id}}": [
            _get(one, "a cable"),
            _get(one, "a cable, a day", datetime=known.day),
        ],
        f"GET {path}/{{cable_id}}/crossings": [
            _get(f"{one}/crossings", "crossings", **PAGE),
            _get(f"{one}/crossings", "crossings, ranked 2 h", ranked="true", datetime=hours),
        ],
    }


def _reviews(known: Known) -> Routes:
    path = f"/api/v1/alerts/{known.alert}/reviews"
    route = "/api/v1/alerts/{alert_id}/reviews"
    said = {"action": "comment", "actor": "bench", "comment": "as before"}
    return {
        f"GET {route}": [_get(path, "reviews")],
        f"POST {route}": [_post(path, "a review is added", said)],
    }


def _webhooks(known: Known) -> Routes:
    path = "/api/v1/webhooks"
    one = f"{path}/{known.subscriber}"
    others = [f"{path}/{name}" for name in known.others]
    dead = "{event}/redeliver"
    new = {"url": URL, "wanted": {"cable": "none"}}
    return {
        f"GET {path}": [_get(path, "subscribers")],
        f"POST {path}": [_post(path, "a subscriber is added", new)],
        f"POST {path}/{{webhook_id}}/resume": [
            _post(f"{other}/resume", "a subscriber is resumed") for other in others
        ],
        f"DELETE {path}/{{webhook_id}}": [
            _post(other, "a subscriber is removed", method="DELETE") for other in others
        ],
        f"GET {path}/{{webhook_id}}/deliveries": [
            _get(f"{one}/deliveries", "messages"),
            _get(f"{one}/deliveries", "messages delivered", state="delivered"),
        ],
        f"POST {path}/{{webhook_id}}/deliveries/{dead}": [
            _post(f"{one}/deliveries/{seq}/redeliver", "a message is sent again")
            for seq in known.dead
        ],
    }


def _others() -> Routes:
    stream = "/api/v1/stream?since=0"
    return {
        "GET /": [_get("/", "the page"), _get("/", "the page, br", "br")],
        "GET /health": [_get("/health")],
        "GET /ready": [_get("/ready")],
        "GET /metrics": [_get("/metrics")],
        "GET /openapi.json": [_get("/openapi.json")],
        "GET /api/v1/run": [_get("/api/v1/run", "the run")],
        "GET /api/v1/feeds": [_get("/api/v1/feeds", "live sources")],
        "GET /api/v1/stream": [Asked("a stream's first event", "GET", stream, {}, stream=True)],
    }


def _ogc(known: Known) -> Routes:
    made: dict[str, Sequence[Asked]] = {
        f"GET /ogc{path}": [_get(f"/ogc{path}", f"ogc{path or ' landing page'}")]
        for path in ("", "/conformance", "/api", "/collections")
    }
    queries = {
        "alerts": {"limit": "50"},
        "cables": {"limit": "50"},
        "crossings": {"limit": "50"},
        "tracks": {"limit": "20", "datetime": known.day},
    }
    ids = {"alerts": known.alert, "cables": quote(known.cable), "crossings": known.crossing}
    ids["tracks"] = f"{rfc3339(DAY_START_MS)[:10]}-{known.mmsi:09}"
    for name, query in queries.items():
        path = f"/ogc/collections/{name}"
        items = _get(f"{path}/items", f"ogc {name}", **query)
        boxed = _get(f"{path}/items", f"ogc {name}, small box", **query, bbox=_BOX)
        one = Asked(f"ogc {name}, one", "GET", f"{path}/items/{ids[name]}", {})
        made[f"GET {path}"] = [_get(path, f"ogc {name}, described")]
        made[f"GET {path}/items"] = [items, boxed]
        made[f"GET {path}/items/{{featureId}}"] = [one]
    return made


def by_label(asked: Sequence[Asked]) -> dict[str, list[Asked]]:
    """Questions under their labels; those of one label are to be asked in turn."""
    labels = dict.fromkeys(one.label for one in asked)
    return {label: [one for one in asked if one.label == label] for label in labels}
