"""What the API's document has beside what FastAPI makes of the routes."""

from typing import Any

from cablewatch.service.errors import problem_schemas
from cablewatch.service.examples import EXAMPLES, MADE
from cablewatch.service.stream_schemas import event_schemas

_NULL = {"type": "null"}


def complete(document: dict[str, Any]) -> None:
    """Add shapes of problems and events, and examples; let no parameter be null.

    Parameters
    ----------
    document : dict
        OpenAPI 3.1; changed.
    """
    schemas = document["components"]["schemas"]
    for name, schema in (problem_schemas() | event_schemas()).items():
        schemas.setdefault(name, schema)
    for operations in document["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = _given(parameter["schema"])
    for method, status, examples in (("get", "200", EXAMPLES), ("post", "201", MADE)):
        for path, example in examples.items():  # FastAPI would drop what is null in them
            forms = document["paths"][path][method]["responses"][status]["content"].values()
            next(iter(forms))["example"] = example


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    """Shape of a parameter that is there: FastAPI lets an optional one be null, which none can."""
    forms = [form for form in schema.get("anyOf", ()) if form != _NULL]
    rest = {name: said for name, said in schema.items() if name != "anyOf"}
    if not forms:
        return schema
    return rest | (forms[0] if len(forms) == 1 else {"anyOf": forms})
