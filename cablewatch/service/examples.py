"""Examples of answers, as OpenAPI publishes them; tests hold them to the schemas."""

from typing import Any

ATTRIBUTION = "© OpenStreetMap contributors, ODbL-1.0"
_LINE = {"type": "LineString", "coordinates": [[19.6, 57.2], [19.576, 57.186]]}
_PROPERTIES: dict[str, Any] = {
    "id": "83b8b0f104ccba76",
    "incident_id": "83b8b0f104ccba76",
    "kind": "anchor_drag",
    "mmsi": 414270000,
    "name": "YI PENG 3",
    "state": "open",
    "review": "new",
    "severity": "critical",
    "probability": 0.93,
    "started": "2024-11-17T06:00:00Z",
    "raised": "2024-11-17T06:40:00Z",
    "updated": "2024-11-17T10:00:00Z",
    "ended": None,
    "observed": None,
    "refers_to": None,
    "cables": [
        {
            "id": "bcs-east-west-interlink",
            "km": 91.5,
            "time": "2024-11-17T07:40:00Z",
            "angle_deg": 71.0,
            "sog_kn": 7.1,
            "inferred": False,
        }
    ],
    "next_cables": [{"id": "c-lion1", "distance_m": 131000.0, "eta": "2024-11-17T20:00:00Z"}],
    "evidence": [
        {
            "name": "speed_loss",
            "value": 0.62,
            "unit": "",
            "contribution": 3.4,
            "text": "made 62% of its own usual 10.9 kn",
        }
    ],
    "suppressed_by": [],
    "geometry_confidence": "generalised",
    "stations": ["gotland"],
    "rule_version": "1",
    "config_hash": "c0ffee",
    "source": "modelled-scenario.nmea",
    "modelled": "reconstructed",
}
_ALERT = {
    "type": "Feature",
    "id": _PROPERTIES["id"],
    "geometry": _LINE,
    "properties": _PROPERTIES,
}
_ROUTE = {
    "id": "c-lion1",
    "name": "C-Lion1",
    "kind": "telecom",
    "owner": "Cinia Oy",
    "status": "in service",
    "source": "OpenStreetMap contributors",
    "licence": "ODbL-1.0",
    "position_class": "generalised",
    "position_uncertainty_m": 2000.0,
    "protection_zone_m": 200.0,
    "zone_basis": "default: Danish convention",
}


def _collection(path: str, features: list[Any]) -> dict[str, Any]:
    media_type = "application/geo+json"
    return {
        "type": "FeatureCollection",
        "attribution": ATTRIBUTION,
        "numberMatched": len(features),
        "numberReturned": len(features),
        "timeStamp": "2026-11-23T21:00:00Z",
        "links": [{"href": path, "rel": "self", "type": media_type, "title": "this page"}],
        "features": features,
    }


_REVIEW = {
    "seq": 7,
    "time": "2024-11-17T07:02:11.250Z",
    "actor": "Night desk",
    "action": "dismiss",
    "to": None,
    "reason": "The buoy tender at work, by radio.",
    "comment": None,
    "review": "dismissed",
}
_REVIEWS = {"alert_id": _PROPERTIES["id"], "review": "dismissed", "reviews": [_REVIEW]}
_ALERTS = _collection("/api/v1/alerts?limit=1", [_ALERT])
_WHOLE = {
    **_ALERT,
    "attribution": ATTRIBUTION,
    "reported": False,
    "history": [
        {
            "version": 1,
            "hash": "0f3e6d3c5a2b1c4d",
            "properties": {k: v for k, v in _PROPERTIES.items() if k != "modelled"},
        }
    ],
    "timeline": {
        "severities": [{"severity": "critical", "from": "2024-11-17T06:40:00Z"}],
        "named": [
            {
                "id": "bcs-east-west-interlink",
                "named": "2024-11-17T06:40:00Z",
                "severity": "critical",
                "crossed": "2024-11-17T07:40:00Z",
                "lead_h": 1.0,
            }
        ],
    },
    "reviews": [],
}
_CABLES = {
    **_collection(
        "/api/v1/cables",
        [{"type": "Feature", "id": "c-lion1", "geometry": _LINE, "properties": _ROUTE}],
    ),
    "note": "Routes are approximate and not for navigation.",
}
_CABLE = {
    "type": "Feature",
    "id": "c-lion1",
    "geometry": _LINE,
    "properties": _ROUTE,
    "attribution": ATTRIBUTION,
    "note": "Routes are approximate and not for navigation.",
    "statistics": {
        "crossings": 41,
        "alerts": 1,
        "days": [
            {
                "day": "2024-11-18",
                "crossings": 41,
                "alerts": [{"kind": "anchor_drag", "severity": "critical", "count": 1}],
            }
        ],
    },
}
_CROSSINGS = _collection(
    "/api/v1/cables/c-lion1/crossings",
    [
        {
            "type": "Feature",
            "id": "1731895391000-414270000-c-lion1-712.400",
            "geometry": {"type": "Point", "coordinates": [18.9, 56.9]},
            "properties": {
                "time": "2024-11-18T02:03:11Z",
                "mmsi": 414270000,
                "name": "YI PENG 3",
                "cable": "c-lion1",
                "km": 712.4,
                "angle_deg": 74.0,
                "sog_before_kn": 7.2,
                "sog_at_kn": 7.1,
                "sog_after_kn": 7.1,
                "inferred": False,
            },
        }
    ],
)
_VESSEL = {
    "mmsi": 414270000,
    "name": "YI PENG 3",
    "imo": 9224984,
    "callsign": "BQWK",
    "ship_type": 70,
    "destination": "PORT SAID",
    "draught_m": 13.2,
}
_VESSELS = {"numberMatched": 1, "numberReturned": 1, "vessels": [_VESSEL]}
_TRACK = {
    "type": "Feature",
    "geometry": {"type": "MultiLineString", "coordinates": [_LINE["coordinates"]]},
    "properties": {
        "mmsi": 414270000,
        "fixes": 2,
        "gap_minutes": 10.0,
        "gaps": [],
        "times": [["2024-11-17T06:00:00Z", "2024-11-17T06:01:00Z"]],
        "sog_kn": [[7.0, 7.33]],
        "modelled": [
            {
                "origin": "reconstructed",
                "from": "2024-11-16T00:00:00Z",
                "to": "2024-11-18T06:01:43.999Z",
            }
        ],
    },
    "numberMatched": 2,
    "numberReturned": 2,
    "links": [
        {
            "href": "/api/v1/vessels/414270000/track",
            "rel": "self",
            "type": "application/geo+json",
            "title": "this page",
        }
    ],
}
_RUN = {
    "title": "Replay of aisdk-2024-11-18.zip",
    "about": "As archived in aisdk-2024-11-18.zip; whether it was recorded, its source must say.",
    "attribution": [ATTRIBUTION],
    "from": "2024-11-18T00:00:00Z",
    "to": "2024-11-18T23:59:59Z",
    "config_hash": "c0ffee",
    "created_by": "cablewatch 0.1.0",
    "complete": False,
    "replays": [
        {
            "title": "Replay of aisdk-2024-11-18.zip",
            "about": "As archived in aisdk-2024-11-18.zip; whether it was recorded, its source "
            "must say.",
            "id": "3b1f0c2d9a8e7f65",
            "begun": "2026-11-23T20:55:00Z",
            "ended": "2026-11-23T20:58:00Z",
            "faults": ["aisdk-2024-11-18.zip: ends in the middle of a member"],
        }
    ],
    "modelled": [],
}
_REPLAYS = {
    "from": "2024-11-18T00:00:00Z",
    "to": "2024-11-18T23:59:59Z",
    "block_s": 600,
    "closed_to": "2024-11-19T00:00:00Z",
    "href": "/api/v1/replays/blocks/{start}",
    "days": [
        {"day": "2024-11-18", "version": "9a5be2b3f1c04d77", "fixes": 5, "counts": [5] + [0] * 143}
    ],
}
_BLOCK = {
    "start": "2024-11-18T00:00:00Z",
    "block_s": 600,
    "closed": True,
    "bbox": None,
    "fixes": 5,
    "mmsi": [219000001, 414270000],
    "count": [3, 2],
    "t_ms": [2000, 10000, 10000, 61000, 60000],
    "lon_e6": [11180000, 152, 149, 10215500, -2390],
    "lat_e6": [57300000, -410, -413, 55600100, 1105],
    "sog_e1": [97, 97, 98, 71, None],
    "cog_e1": [1684, 1686, 1685, 3062, 3065],
    "heading": [168, 168, 169, None, None],
    "nav_status": [0, 0, 0, 0, None],
}
_HEALTH = {"status": "ok", "version": "0.1.0"}

_FEED = {
    "name": "pier",
    "said": "2026-11-23T21:00:05Z",
    "state": "receiving",
    "since": "2026-11-23T20:12:09Z",
    "reason": "nothing came for 20 s",
    "cuts": 1,
    "last": "2026-11-23T21:00:05Z",
    "received_bytes": 48_211_904,
    "lost_messages": 0,
    "fixes": 512_044,
    "statics": 20_117,
    "refused": {"bad_checksum": 31},
    "backlog_rows": 0,
    "shed": {},
    "unread_bytes": 0,
    "gaps": [
        {
            "from": "2026-11-23T20:11:40Z",
            "to": "2026-11-23T20:12:09Z",
            "reason": "nothing came for 20 s",
        }
    ],
}

_WEBHOOK = {
    "id": "5f0c1a2b3c4d5e6f",
    "url": "https://watch.example/alerts",
    "wanted": {"kind": ["anchor_drag"], "severity": "warning", "mmsi": None, "cable": None},
    "state": "active",
    "created": "2026-11-23T21:00:00Z",
}
_DELIVERY = {
    "event": 12,
    "state": "dead",
    "attempts": 12,
    "next": None,
    "status": 500,
    "error": "answered 500",
}

EXAMPLES: dict[str, Any] = {
    "/api/v1/alerts": _ALERTS,
    "/api/v1/alerts/{alert_id}": _WHOLE,
    "/api/v1/alerts/{alert_id}/reviews": _REVIEWS,
    "/api/v1/vessels": _VESSELS,
    "/api/v1/vessels/{mmsi}": _VESSEL,
    "/api/v1/vessels/{mmsi}/track": _TRACK,
    "/api/v1/cables": _CABLES,
    "/api/v1/cables/{cable_id}": _CABLE,
    "/api/v1/cables/{cable_id}/crossings": _CROSSINGS,
    "/api/v1/feeds": {"numberMatched": 1, "numberReturned": 1, "feeds": [_FEED]},
    "/api/v1/replays": _REPLAYS,
    "/api/v1/replays/blocks/{start}": _BLOCK,
    "/api/v1/run": _RUN,
    "/api/v1/webhooks": {"webhooks": [_WEBHOOK]},
    "/api/v1/webhooks/{webhook_id}/deliveries": {"deliveries": [_DELIVERY]},
    "/health": _HEALTH,
    "/ready": {"status": "ready"},
}
"""What a GET answers, by path."""

MADE: dict[str, Any] = {
    "/api/v1/alerts/{alert_id}/reviews": _REVIEW,
    "/api/v1/webhooks": {**_WEBHOOK, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
}
"""What a POST answers, by path."""
