"""``/ogc``: the store as OGC API - Features has it, for QGIS, GDAL and others."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from cablewatch.errors import UsageError
from cablewatch.output.text import Json, now
from cablewatch.service.errors import BadRequestError, NotFoundError
from cablewatch.service.folder import StoreFolder
from cablewatch.service.guard.documented import describe
from cablewatch.service.ogc.alerts import ALERTS
from cablewatch.service.ogc.cables import CABLES
from cablewatch.service.ogc.crossings import CROSSINGS
from cablewatch.service.ogc.document import CONFORMS_TO, GEOJSON_TYPE, OPENAPI_TYPE, document
from cablewatch.service.ogc.pages import CRS84, Collection
from cablewatch.service.ogc.query import parameters, query_of
from cablewatch.service.ogc.tracks import TRACKS
from cablewatch.service.routes import Folder, GeoJSONResponse, TaggedJSONResponse, link

JSON_TYPE = "application/json"
COLLECTIONS = {"alerts": ALERTS, "cables": CABLES, "crossings": CROSSINGS, "tracks": TRACKS}


class OgcRoute(APIRoute):
    """A route that answers what it cannot use with 400, as the standard asks."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """Return the handler of the route."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await handle(request)
            except UsageError as error:
                raise BadRequestError(error.where, error.what, error.do) from None

        return handler


router = APIRouter(prefix="/ogc", route_class=OgcRoute, include_in_schema=False)


@router.get("")
@router.get("/")
def landing_page(request: Request, folder: Folder) -> Any:
    """Say what there is."""
    parameters(request)
    links = [
        link(_at(request), "self", "this document", JSON_TYPE),
        link(_at(request, "api"), "service-desc", "the API", OPENAPI_TYPE),
        link(_at(request, "conformance"), "conformance", "what it conforms to", JSON_TYPE),
        link(_at(request, "collections"), "data", "the collections", JSON_TYPE),
    ]
    return TaggedJSONResponse(
        {
            "title": "cablewatch",
            "description": "Alerts on ships that threaten undersea cables, and what they rest on.",
            "attribution": folder.cables()[0],
            "links": links,
        }
    )


@router.get("/conformance")
def conformance(request: Request) -> Any:
    """Say what is conformed to."""
    parameters(request)
    return TaggedJSONResponse({"conformsTo": CONFORMS_TO})


@router.get("/api")
def api(request: Request) -> Any:
    """Describe every path."""
    parameters(request)
    made = document(_at(request), request.app.version, COLLECTIONS)
    state = request.app.state
    describe(made, state.settings, state.names is not None, router.prefix, "problem")
    answer = TaggedJSONResponse(made)
    answer.headers["content-type"] = OPENAPI_TYPE
    return answer


@router.get("/collections")
def collections(request: Request, folder: Folder) -> Any:
    """List the collections."""
    parameters(request)
    said = [_described(request, folder, name) for name in COLLECTIONS]
    links = [link(_at(request, "collections"), "self", "this document", JSON_TYPE)]
    return TaggedJSONResponse({"links": links, "collections": said})


@router.get("/collections/{name}")
def collection(request: Request, folder: Folder, name: str) -> Any:
    """Describe a collection."""
    parameters(request)
    return TaggedJSONResponse(_described(request, folder, name))


@router.get("/collections/{name}/items")
def items(request: Request, folder: Folder, name: str) -> Any:
    """Return a page of features."""
    made = _collection(name)
    found = made.items(folder, query_of(request, made.limit, made.most))
    links = [
        link(str(request.url), "self", "this page"),
        link(_at(request, "collections", name), "collection", made.title, JSON_TYPE),
    ]
    if found.cursor is not None:
        following = request.url.include_query_params(cursor=found.cursor)
        links.append(link(str(following), "next", "the next page"))
    matched = {} if found.matched is None else {"numberMatched": found.matched}
    return GeoJSONResponse(
        {
            "type": "FeatureCollection",
            "attribution": folder.cables()[0],
            **matched,
            "numberReturned": len(found.features),
            "timeStamp": now(),
            "links": links,
            "features": found.features,
        }
    )


@router.get("/collections/{name}/items/{feature_id:path}")
def item(request: Request, folder: Folder, name: str, feature_id: str) -> Any:
    """Return one feature."""
    parameters(request)
    made = _collection(name)
    found = made.item(folder, feature_id)
    if found is None:
        raise NotFoundError("featureId", "no such feature", f"take ids from {name}/items")
    links = [
        link(str(request.url), "self", "this feature"),
        link(_at(request, "collections", name), "collection", made.title, JSON_TYPE),
    ]
    return GeoJSONResponse({**found, "attribution": folder.cables()[0], "links": links})


def _collection(name: str) -> Collection:
    if name not in COLLECTIONS:
        do = f"there are {', '.join(COLLECTIONS)}"
        raise NotFoundError("collectionId", "no such collection", do)
    return COLLECTIONS[name]


def _described(request: Request, folder: StoreFolder, name: str) -> Json:
    made = _collection(name)
    here = _at(request, "collections", name)
    return {
        "id": name,
        "title": made.title,
        "description": made.about,
        "attribution": folder.cables()[0],
        "extent": made.extent(folder).as_json(),
        "itemType": "feature",
        "crs": [CRS84],
        "links": [
            link(here, "self", "this document", JSON_TYPE),
            link(f"{here}/items", "items", made.title, GEOJSON_TYPE),
        ],
    }


def _at(request: Request, *path: str) -> str:
    return "/".join([f"{str(request.base_url).rstrip('/')}/ogc", *path])
