"""Made reports: a ship that saws to and fro over a cable, and ways to tamper with its bundle."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

from cablewatch.alerts.model import Alert
from cablewatch.cables.model import load_cables
from cablewatch.context.surroundings import NOWHERE, Surroundings
from cablewatch.dossier.bundle import SUMS, read_bundle, write_bundle
from cablewatch.output.text import content_hash
from cablewatch.stores.folder import StoreWriter
from cablewatch.usecases.replay import replay
from tests.investigation.scenes import HEAD, Ship, cables

HOSTILE = "<img src=x onerror=alert(1)>"
MMSI = 219000777
MADE_MS = 1_709_500_000_000


def loiterer(mmsi: int = MMSI, name: str = HOSTILE) -> Ship:
    """A ship that stays over the line of `north` for hours, with a silence in it."""
    ship = Ship(mmsi, 17.985, 56.0, name=name)
    for leg in range(10):
        ship.sail(20, 2.4, 70.0).sail(20, 2.4, 250.0)
        if leg == 5:
            ship.sail(15, 0.2, 90.0, quiet=True)
    return ship


def drifter(folder: Path) -> Path:
    """An archive of a ship that stops over the line of `north` and drifts on, across her bow."""
    ship = Ship(MMSI, 17.9, 56.0).sail(25, 8.0, 90.0).sail(240, 1.5, 75.0)
    path = folder / "tracks.csv"
    rows = [f"{row.rstrip()},{90 if k < 25 else 345}\n" for k, row in enumerate(ship.rows)]
    path.write_text(HEAD.rstrip() + ",heading_deg\n" + "".join(rows))
    return path


def stored(
    path: Path, surroundings: Surroundings = NOWHERE, database: str | None = None
) -> tuple[Path, Alert]:
    """A store of an archive over the line of `north`, and the alert of `MMSI` in it."""
    routes = cables(path.parent, {"north": [(18.0, 55.5), (18.0, 56.5)]}, off_m=1000)
    store = path.parent / "store"
    writer = StoreWriter.of_archives(store, [path], database)
    result = replay([path], load_cables(routes), store=writer, surroundings=surroundings)
    return store, next(a for a in result.ranked() if a.mmsi == MMSI)


Change = Callable[[bytes], bytes]


def tampered(bundle: Path, name: str, change: Change, *, sealed: bool = False) -> Path:
    """A copy in which one file is another; `sealed` hides it from every hash but the page's."""
    files = {k: v for k, v in read_bundle(bundle).items() if k != SUMS}
    assert change(files[name]) != files[name], "the change changes nothing"
    files[name] = change(files[name])
    if sealed:
        files = resealed(files)
        path = bundle.with_name("sealed.zip")
        write_bundle(path, files)
        return path
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed, zipfile.ZipFile(bundle) as old:
        for info in old.infolist():
            packed.writestr(info.filename, files.get(info.filename, old.read(info)))
    path = bundle.with_name("tampered.zip")
    path.write_bytes(buffer.getvalue())
    return path


def resealed(files: dict[str, bytes]) -> dict[str, bytes]:
    """Files whose rows.csv, version hashes, manifest and seal in the page fit them again."""
    files = dict(files)
    old_seal = hashlib.sha256(files["manifest.json"]).hexdigest()
    said = json.loads(files["alert.json"])
    for version in said:
        version["sha256"] = content_hash(version["alert"])
    files["alert.json"] = (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode()
    manifest = json.loads(files["manifest.json"])
    lines = files["rows.csv"].decode().splitlines()
    numbered = [line.split(",") for line in lines[1:]]
    for path in {row[0] for row in numbered}:
        rows = files[path].rstrip(b"\n").split(b"\n")
        own = [row for row in numbered if row[0] == path]
        for row, data in zip(own, rows, strict=True):
            row[2] = hashlib.sha256(data).hexdigest()
    files["rows.csv"] = "\n".join([lines[0], *map(",".join, numbered), ""]).encode()
    for name in manifest["files"]:
        manifest["files"][name] = hashlib.sha256(files[name]).hexdigest()
    files["manifest.json"] = (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode()
    seal = hashlib.sha256(files["manifest.json"]).hexdigest()
    files["report.html"] = files["report.html"].replace(old_seal.encode(), seal.encode())
    return files
