"""What the API's document says of the guard: who must say a key, and how requests are refused."""

from typing import Any

from cablewatch.service.errors import problems
from cablewatch.service.guard.access import scope_of
from cablewatch.service.settings import Settings

_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key of `cablewatch keys`."},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same."},
}


def describe(
    document: dict[str, Any],
    settings: Settings,
    named: bool,
    under: str = "",
    problem: str = "Problem",
) -> None:
    """Add to each operation what it may be refused with, and the scope it asks for.

    Parameters
    ----------
    document : dict
        OpenAPI 3; changed.
    named : bool
        Whether the service answers to certain names only.
    under : str, optional
        What stands before all paths of the document.
    problem : str, optional
        What the document calls the schema of problem details.
    """
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            request = method.upper(), under + path
            statuses = _statuses(*request, settings.exposed, named)
            refused = problems(*statuses, schema=problem)
            refused = {str(status): said for status, said in refused.items()}
            operation["responses"] = refused | operation["responses"]
            needed = scope_of(*request)
            if settings.exposed:
                asked = [{name: _roles(document, needed)} for name in _SCHEMES] if needed else []
                operation["security"] = asked
    if settings.exposed:
        document["components"]["securitySchemes"] = _SCHEMES


def _roles(document: dict[str, Any], needed: str) -> list[str]:
    """The scope, which before OpenAPI 3.1 is said of OAuth alone."""
    return [] if document["openapi"].startswith("3.0") else [needed]


def _statuses(method: str, path: str, exposed: bool, named: bool) -> list[int]:
    found = [503]
    if named:
        found.append(421)
    if method not in ("GET", "HEAD"):
        found += [403, 408, 413]
    if exposed:
        found += [401, 429]
        if scope_of(method, path) is not None:
            found.append(403)
    return sorted(set(found))
