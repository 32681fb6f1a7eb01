"""The tree as strangers get it: no trace of the machine it was made on, everything pinned."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "cablewatch/service/assets"
LOCKS = ("requirements.lock", "requirements-dev.lock")
APART = "requirements-spark.lock"

HOME_PATH = re.compile(r"(?<![\w.~*-])/(?:work|root|home|Users)/")
PACKAGE_INDEX = re.compile(r"https?://\S+/simple\b|https?://[\w.:-]*(?:nexus|artifactory|devpi)")
DISTRIBUTION = re.compile(r"[A-Za-z0-9._-]+")


def tracked() -> list[Path]:
    """Files under version control."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip("not a git checkout: nothing tells tracked files from others")
    return [path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def project() -> dict[str, list[str]]:
    """Direct dependencies by extra; "" holds the required ones."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {"": table["dependencies"], **table["optional-dependencies"]}


def distribution(requirement: str) -> str:
    """Normalised name in a requirement, as `numpy` in `numpy>=2`."""
    match = DISTRIBUTION.match(requirement)
    assert match, requirement
    return match[0].lower().replace("_", "-")


def locked(lock: str) -> dict[str, str]:
    """Each requirement of a lock: the name, and the rest of its entry."""
    text = (ROOT / lock).read_text()
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    entries = re.split(r"(?m)^(?=\S)", "\n".join(lines))
    return {distribution(entry): entry for entry in entries if entry.strip()}


@pytest.mark.parametrize("pattern", [HOME_PATH, PACKAGE_INDEX])
def test_no_trace_of_a_machine(pattern: re.Pattern[str]) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked()
        if (match := pattern.search(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert found == []


@pytest.mark.parametrize("text", ["/" + "root/x", "cd /" + "work/x", "'/" + "home/me/x'"])
def test_a_trace_would_be_seen(text: str) -> None:
    assert HOME_PATH.search(text)


@pytest.mark.parametrize("lock", [*LOCKS, APART])
def test_locks_pin_and_hash_everything(lock: str) -> None:
    entries = locked(lock)
    assert len(entries) > (1 if lock == APART else 20)
    for name, entry in entries.items():
        assert re.search(r"==\S+ \\\n +--hash=sha256:[0-9a-f]{64}", entry), name


@pytest.mark.parametrize("lock", [*LOCKS, APART])
def test_locks_name_no_place(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "@ " not in text
    assert not re.search(r"(?m)^-", text)


def test_locks_hold_what_the_project_asks_for() -> None:
    wanted = project()
    extras = ("", "bathymetry", "feeds", "fetch", "postgresql", "report", "service")
    run = {distribution(r) for extra in extras for r in wanted[extra]} | {"setuptools"}
    assert run <= locked("requirements.lock").keys()
    assert {distribution(r) for r in wanted["dev"]} <= locked("requirements-dev.lock").keys()
    assert {distribution(r) for r in wanted["spark"]} <= locked(APART).keys()


def test_development_runs_what_users_run() -> None:
    users, ours = (locked(lock) for lock in LOCKS)
    assert {name: entry.split()[0] for name, entry in users.items()} == {
        name: ours[name].split()[0] for name in users
    }


def test_each_direct_dependency_is_explained() -> None:
    text = (ROOT / "docs/dependencies.md").read_text()
    explained = set(re.findall(r"(?m)^\| `([\w-]+)`", text))
    direct = {distribution(r) for extra in project().values() for r in extra}
    build = {"setuptools"}
    assert explained == direct | build


def test_readme_commands_are_make_targets() -> None:
    named = re.findall(r"\bmake ([a-z]+)", (ROOT / "README.md").read_text())
    targets = re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text())
    assert {"demo", "test"} <= set(named) <= set(targets)
    assert {"bench", "soak", "lint", "format"} <= set(targets)
    assert "make test" in (ROOT / ".ci/run").read_text()


def test_the_lock_of_the_map_pins_and_hashes_and_names_no_place() -> None:
    lock = json.loads((ROOT / "web/package-lock.json").read_text())
    packages = [said for name, said in lock["packages"].items() if name]
    assert len(packages) > 40
    assert all(said["integrity"] and "resolved" not in said for said in packages)
    asked = json.loads((ROOT / "web/package.json").read_text())
    pinned = [*asked["dependencies"].values(), *asked["devDependencies"].values()]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pinned)


def test_the_lock_of_the_map_is_whole() -> None:
    # a clean installation refuses a lock that leaves out what one of its packages names
    lock = json.loads((ROOT / "web/package-lock.json").read_text())["packages"]
    named = {
        name
        for said in lock.values()
        for kind in ("dependencies", "optionalDependencies")
        for name in said.get(kind, ())
    }
    assert named - {path.rpartition("node_modules/")[2] for path in lock} == set()


def test_the_map_is_built_by_the_node_that_is_named() -> None:
    lock = json.loads((ROOT / "web/package-lock.json").read_text())["packages"]
    tools = {name: lock[f"node_modules/{name}"]["engines"]["node"] for name in ("vite", "vitest")}
    assert tools["vite"] == lock[""]["engines"]["node"] == "^20.19.0 || >=22.12.0"
    assert "^20." in tools["vitest"]
    for name in ("README.md", "Makefile", "docs/map.md", "cablewatch/service/assets/no-map.html"):
        said = (ROOT / name).read_text().replace("\n", " ")
        assert "Node.js 20.19, or 22.12 or newer" in said, name


def test_without_node_make_says_how_to_get_the_map(tmp_path: Path) -> None:
    for name in ("make", "sh", "find"):
        found = shutil.which(name)
        if found is None:
            pytest.skip(f"{name} is not installed")
        (tmp_path / name).symlink_to(found)
    ran = subprocess.run(
        ["make", "map"], cwd=ROOT, env={"PATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stdout) == (0, "")
    assert ran.stderr.startswith("The map is not built: it takes Node.js 20.19")


def test_image_is_small_unprivileged_and_watched() -> None:
    text = (ROOT / "Dockerfile").read_text()
    stages = re.findall(r"(?m)^FROM (\S+)", text)
    runtime = text.rpartition("\nFROM ")[2]
    assert len(stages) == 3
    assert all(":" in image and not image.endswith(":latest") for image in stages)
    assert "--require-hashes" in text
    assert re.findall(r"(?m)^USER (\S+)", runtime)[-1] not in ("root", "0")
    assert "/health" in runtime.partition("HEALTHCHECK")[2].partition("\nENTRYPOINT")[0]
    assert 'ENTRYPOINT ["cablewatch"]' in runtime


def test_image_gets_all_it_copies() -> None:
    sent = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    copies = re.findall(r"(?m)^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text())
    assert {name for line in copies for name in line.split()} == sent


def test_wheel_carries_routes_assets_and_licences(tmp_path: Path) -> None:
    # by way of the source archive, as an index serves it; from a copy, for nothing is left behind
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-DATA"):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(
        ROOT / "cablewatch",
        copy / "cablewatch",
        symlinks=True,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    (copy / "data").mkdir()
    (copy / "data/cables.geojson").write_text("{}")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", tmp_path / "dist"],
        cwd=copy,
        check=True,
        capture_output=True,
    )
    [wheel] = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        [metadata] = (
            archive.read(name).decode() for name in names if name.endswith("dist-info/METADATA")
        )
    shown = {p.relative_to(ROOT).as_posix() for p in ASSETS.rglob("*") if p.is_file()}
    assert "cablewatch/service/assets/land-50m.json" in shown
    assert {"cablewatch/data/cables.geojson", *shown} <= names
    assert {Path(name).name for name in names if "dist-info/licenses/" in name} == {
        "LICENSE",
        "LICENSE-DATA",
        "land-50m.LICENSE",
    }
    assert "License-Expression: Apache-2.0 AND ODbL-1.0 AND ISC" in metadata
    assert not any(name.startswith(("tests/", "bench/")) for name in names)
