"""What is deployed: sound by the schemas of Compose and Kubernetes, and what it calls is there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import typer
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema

from cablewatch.cli import app

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
MANIFESTS = [d for d in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()) if d]
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def named(manifest: dict[str, Any]) -> str:
    return f"{manifest['kind']} {manifest['metadata']['name']}"


@pytest.mark.parametrize("manifest", MANIFESTS, ids=named)
def test_manifests_follow_the_schema_of_kubernetes(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, "1.30", strict=True)


def test_a_slip_in_a_manifest_would_be_seen() -> None:
    watch = next(m for m in MANIFESTS if named(m) == "Deployment watch")
    wrong = watch | {"spec": watch["spec"] | {"replica": 2}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.30", strict=True)


def test_the_file_for_compose_follows_its_schema() -> None:
    schema = get_builtin_schema("vendor.compose-spec")
    jsonschema.validate(COMPOSE, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(COMPOSE | {"services": {"db": {"imagee": "postgres"}}}, schema)


def containers() -> Iterator[tuple[str, dict[str, Any]]]:
    for manifest in MANIFESTS:
        if "template" in manifest["spec"]:
            pod = manifest["spec"]["template"]["spec"]
            yield from ((named(manifest), container) for container in pod["containers"])


def calls() -> list[list[str]]:
    """What cablewatch is called with."""
    ours = [c["args"] for _, c in containers() if c["image"] == "cablewatch"]
    ours += [s["command"] for s in COMPOSE["services"].values() if s["image"] == "cablewatch"]
    return [[re.sub(r"\$.*", "tcp://feed:1", word) for word in call] for call in ours]


@pytest.mark.parametrize("call", calls(), ids=" ".join)
def test_what_is_called_is_there(call: list[str]) -> None:
    group = typer.main.get_command(app)
    command = group.get_command(typer.Context(group), call[0])
    command.make_context(call[0], call[1:]).close()


def test_one_watches_and_one_stands_by() -> None:
    watch = next(m for m in MANIFESTS if named(m) == "Deployment watch")
    assert watch["spec"]["replicas"] == 2
    one_goes_first = {"maxSurge": 0, "maxUnavailable": 1}  # no node is free for a third
    assert watch["spec"]["strategy"] == {"rollingUpdate": one_goes_first}
    assert [call[0] for call in calls() if "--standby" in call] == ["watch"] * 3


def test_volumes_and_names_that_are_used_are_there() -> None:
    claims = {m["metadata"]["name"] for m in MANIFESTS if m["kind"] == "PersistentVolumeClaim"}
    for manifest in MANIFESTS:
        pod = manifest["spec"].get("template", {}).get("spec", {})
        made = manifest["spec"].get("volumeClaimTemplates", [])
        volumes = {v["name"] for v in pod.get("volumes", [])} | {
            v["metadata"]["name"] for v in made
        }
        for volume in pod.get("volumes", []):
            assert (
                volume.get("persistentVolumeClaim", {"claimName": "store"})["claimName"] in claims
            )
        for container in pod.get("containers", []):
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
    text = (DEPLOY / "kubernetes.yaml").read_text()
    for secret in ("database", "feed"):
        assert re.search(rf"create (secret generic|configmap) {secret} ", text)
    assert "@db/" in text and "name: db" in text


def test_programs_run_as_nobody_special_and_write_only_where_they_may() -> None:
    image = (DEPLOY.parent / "Dockerfile").read_text()
    mounts = set(re.search(r'VOLUME \["(.*)"\]', image)[1].split('", "'))  # type: ignore[index]
    for name, container in containers():
        if container["image"] == "cablewatch":
            assert container["securityContext"]["readOnlyRootFilesystem"], name
            assert {mount["mountPath"] for mount in container["volumeMounts"]} == mounts
    for service in COMPOSE["services"].values():
        if service["image"] == "cablewatch":
            assert service["read_only"]
            assert {volume.partition(":")[2] for volume in service["volumes"]} == mounts
