"""`cablewatch cables import`: another format or origin to a file that every command reads."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cablewatch.errors import UsageError

if TYPE_CHECKING:
    from cablewatch.cables.importers import Gap, Imported, Request

QUESTIONS = {
    "kind": "What are they? telecom, power, gas_pipeline or pipeline",
    "position_class": "How exact are the lines? surveyed, charted, generalised or schematic",
    "position_uncertainty_m": "How far may a line be from the cable, in metres",
    "zone_basis": "On which rule does the protection zone rest",
    "source": "Where do the lines come from (who is to be credited)",
    "licence": "On what terms may they be used",
}


def import_cables(
    path: Annotated[
        Path, typer.Argument(help="GeoPackage, Shapefile, KML, GeoJSON, S-57 .000, .osm[.pbf], GML")
    ],
    out: Annotated[Path, typer.Option(help="GeoJSON to write")] = Path("my-cables.geojson"),
    layer: Annotated[list[str] | None, typer.Option(help="Only this one; may be repeated")] = None,
    columns: Annotated[
        str, typer.Option("--map", help="Columns, such as id=CABLE_ID,name=NAME,owner=OPERATOR")
    ] = "",
    profile: Annotated[
        str | None, typer.Option(help="s57, osm, telegeography, emodnet or plain; else by content")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="telecom, power, gas_pipeline, pipeline")] = None,
    position_class: Annotated[
        str | None, typer.Option(help="surveyed, charted, generalised or schematic")
    ] = None,
    uncertainty_m: Annotated[
        float | None, typer.Option(help="How far a line may be from the cable")
    ] = None,
    zone_m: Annotated[
        float | None, typer.Option(help="Protection zone on each side; else 200 m, and said so")
    ] = None,
    zone_basis: Annotated[str | None, typer.Option(help="The rule behind the zone")] = None,
    licence: Annotated[str | None, typer.Option(help="Terms of use of the lines")] = None,
    source: Annotated[str | None, typer.Option(help="Whom to credit for the lines")] = None,
    crs: Annotated[
        str | None, typer.Option(help="EPSG:..., where the file names no or a wrong one")
    ] = None,
) -> None:
    """Import cables from a GIS file, a chart or a map, as GeoJSON for --cables.

    What the file does not say is asked for on a terminal; else an error names the option. An
    option holds for the features that do not say it themselves.

    Example: cablewatch cables import charts/DK4KATTG.000 --uncertainty-m 50 --licence "own use"
    """
    from cablewatch.cables.importers import Draft

    options = {
        "kind": kind,
        "position_class": position_class,
        "position_uncertainty_m": uncertainty_m,
        "protection_zone_m": zone_m,
        "zone_basis": zone_basis,
        "licence": licence,
        "source": source,
    }
    if zone_basis is not None and zone_m is None:
        raise UsageError("--zone-basis", "there is no zone to go with it", "give --zone-m too")
    draft = Draft.of(path, _request(layer, profile, columns, options, crs))
    if draft.profile.notice:
        print(draft.profile.notice, file=sys.stderr)
    answers = {gap.name: _ask(gap) for gap in draft.gaps()} if _can_ask() else {}
    imported = draft.finish(answers)
    imported.write(out)
    _print(imported, out)


def _request(
    layer: list[str] | None,
    profile: str | None,
    columns: str,
    options: dict[str, str | float | None],
    crs: str | None,
) -> "Request":
    from cablewatch.cables.importers import Request

    said = {name: _value(name, value) for name, value in options.items() if value is not None}
    return Request(tuple(layer or ()), profile, _columns(columns), said, crs)


def _value(name: str, value: str | float) -> str | float:
    """The value of an option or an answer, checked as a file's would be."""
    from cablewatch.cables.importers.properties import OPTION, Refused, read_value

    option = f"--{OPTION[name]}"
    try:
        read = read_value(name, value)
    except Refused as refused:
        what = ": ".join(filter(None, (refused.reason, refused.detail)))
        raise UsageError(option, what, "correct it") from None
    if read is None:
        raise UsageError(option, "is empty", "give a value or leave it out")
    return read


def _columns(text: str) -> dict[str, str]:
    """Property to column of ``--map``; ``kind=`` has the column ignored that a profile reads."""
    from cablewatch.cables.importers.properties import PROPERTY

    pairs = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        option, equals, column = part.partition("=")
        name = PROPERTY.get(option.strip().replace("_", "-"))
        if not equals or name is None:
            do = f"write PROPERTY=COLUMN, PROPERTY one of {', '.join(PROPERTY)}"
            raise UsageError("--map", f"cannot be read: {part!r}", do)
        pairs[name] = column.strip()
    return pairs


def _can_ask() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _ask(gap: "Gap") -> str | float:
    """Ask until the answer can be used."""
    while True:
        question = f"{QUESTIONS[gap.name]}? ({gap.lacking} of {gap.total} features do not say)"
        try:
            return _value(gap.name, typer.prompt(question, err=True))
        except UsageError as error:
            print(error.what, file=sys.stderr)


def _print(imported: "Imported", out: Path) -> None:
    cables, refused = imported.cables, imported.read - imported.taken
    print(f"{imported.path}: read as {imported.profile.title}")
    print(
        f"{imported.read:,} features read, {imported.taken:,} taken, {refused:,} refused; "
        f"{len(cables):,} cables in {out}"
    )
    for line in imported.refusals.lines():
        print(f"  refused {line}")
    if imported.cut:
        print(f"  {imported.cut:,} cut into parts where they cross themselves")
    classes = sorted({f"{c.position_class} +- {c.position_uncertainty_m:,.0f} m" for c in cables})
    print(f"  positions: {'; '.join(classes[:4])}{' and others' if len(classes) > 4 else ''}")
    for basis in sorted({f"{c.protection_zone_m:g} m ({c.zone_basis})" for c in cables})[:4]:
        print(f"  zone: {basis}")
    for terms in sorted({f"{c.source}, {c.licence}" for c in cables})[:4]:
        print(f"  credit: {terms}")
    print(f"Next: cablewatch replay ARCHIVE --cables {out}")
