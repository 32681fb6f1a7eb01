"""The OpenAPI 3.0 document of ``/ogc``: what the standard asks for, a path for each collection."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from cablewatch.output.text import Json
from cablewatch.service.errors import PROBLEM_TYPE
from cablewatch.service.ogc.pages import Collection

CORE = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf"
CONFORMS_TO = [f"{CORE}/{part}" for part in ("core", "oas30", "geojson")]
OPENAPI_TYPE = "application/vnd.oai.openapi+json;version=3.0"
GEOJSON_TYPE = "application/geo+json"

_TEXT: Json = {"type": "string"}
_TIME: Json = {"type": "string", "format": "date-time"}
_COUNT: Json = {"type": "integer", "minimum": 0}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def _object(required: Json, **others: Any) -> Json:
    return {"type": "object", "required": [*required], "properties": {**required, **others}}


def _one_of(*names: str) -> Json:
    return {"type": "string", "enum": [*names]}


_LINKS = _list(_ref("link"))
_EXTENT = _object(
    {},
    spatial=_object({"bbox": _list(_list({"type": "number"}))}, crs=_TEXT),
    temporal=_object({"interval": _list(_list({**_TIME, "nullable": True}))}, trs=_TEXT),
)
_COLLECTION = {
    **_object(
        {"id": _TEXT, "links": _LINKS},
        title=_TEXT,
        description=_TEXT,
        attribution=_TEXT,
        extent=_EXTENT,
        itemType=_TEXT,
        crs=_list(_TEXT),
    ),
}
_GEOMETRY = {
    **_object(
        {
            "type": _one_of("Point", "LineString", "MultiLineString"),
            "coordinates": _list({}),
        }
    ),
    "nullable": True,
}
_FEATURE = _object(
    {"type": _one_of("Feature"), "geometry": _ref("geometry"), "properties": {"type": "object"}},
    id=_TEXT,
    links=_LINKS,
)
_FEATURES = _object(
    {"type": _one_of("FeatureCollection"), "features": _list(_ref("feature"))},
    links=_LINKS,
    timeStamp=_TIME,
    numberMatched=_COUNT,
    numberReturned=_COUNT,
    attribution=_TEXT,
)
_WRONG = _object({"parameter": _TEXT, "value": {**_TEXT, "nullable": True}, "detail": _TEXT})
_PROBLEM = _object(
    {"type": _TEXT, "title": _TEXT, "status": {"type": "integer"}, "detail": _TEXT},
    instance=_TEXT,
    errors=_list(_WRONG),
)
SCHEMAS = {
    "link": _object({"href": _TEXT}, rel=_TEXT, type=_TEXT, title=_TEXT),
    "landingPage": _object({"links": _LINKS}, title=_TEXT, description=_TEXT, attribution=_TEXT),
    "conformance": _object({"conformsTo": _list(_TEXT)}),
    "collection": _COLLECTION,
    "collections": _object({"links": _LINKS, "collections": _list(_ref("collection"))}),
    "geometry": _GEOMETRY,
    "feature": _FEATURE,
    "features": _FEATURES,
    "problem": _PROBLEM,
}


def _query(name: str, schema: Json, description: str, **others: Any) -> Json:
    return {"name": name, "in": "query", "description": description, "schema": schema, **others}


_F = _query("f", _one_of("json", "geojson"), "JSON is the only form there is.")
_BBOX = _query(
    "bbox",
    {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6},
    "West,south,east,north in degrees: the geometry meets it, or there is none; west > east "
    "crosses longitude 180. Of six numbers the third and the sixth, heights, are passed over.",
    style="form",
    explode=False,
)
_DATETIME = _query(
    "datetime",
    _TEXT,
    "A time `t` or an interval `a/b`, `../b`, `a/..` that theirs meets; RFC 3339.",
)
_CURSOR = _query("cursor", _TEXT, "Opaque; from the link `next`.")
_FEATURE_ID: Json = {
    "name": "featureId",
    "in": "path",
    "required": True,
    "description": "Of the feature.",
    "schema": _TEXT,
}


@cache
def _limit(limit: int, most: int) -> Json:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": limit}
    return _query(
        "limit", schema, "Features on a page; a greater number is taken for the greatest."
    )


def _get(
    name: str, summary: str, schema: str, media_type: str, *parameters: Json, missing: bool = False
) -> Json:
    problem = {PROBLEM_TYPE: {"schema": _ref("problem")}}
    wrong = {"400": "A parameter is unknown, repeated or not allowed."}
    wrong |= {"404": "There is no such feature."} if missing else {}
    wrong |= {"500": "The service failed.", "503": "The store cannot be read at the moment."}
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "tags": ["data" if "Items" in name or "Item" in name else "capabilities"],
            "parameters": [*parameters, _F],
            "responses": {
                "200": {"description": summary, "content": {media_type: {"schema": _ref(schema)}}},
                **{status: {"description": d, "content": problem} for status, d in wrong.items()},
            },
        }
    }


def document(base: str, version: str, collections: Mapping[str, Collection]) -> Json:
    """The document of a service that answers at `base`."""
    plain = "application/json"
    paths = {
        "/": _get("getLandingPage", "Landing page", "landingPage", plain),
        "/conformance": _get("getConformance", "What it conforms to", "conformance", plain),
        "/collections": _get("getCollections", "Collections", "collections", plain),
    }
    for name, made in collections.items():
        at, of = f"/collections/{name}", name.capitalize()
        asked = (_limit(made.limit, made.most), _BBOX, _DATETIME, _CURSOR)
        paths |= {
            at: _get(f"get{of}", made.title, "collection", plain),
            f"{at}/items": _get(f"get{of}Items", made.about, "features", GEOJSON_TYPE, *asked),
            f"{at}/items/{{featureId}}": _get(
                f"get{of}Item", "One of them", "feature", GEOJSON_TYPE, _FEATURE_ID, missing=True
            ),
        }
    return {
        "openapi": "3.0.3",
        "info": {"title": "cablewatch: OGC API - Features", "version": version},
        "servers": [{"url": base}],
        "tags": [{"name": "capabilities"}, {"name": "data"}],
        "paths": paths,
        "components": {"schemas": SCHEMAS},
    }
