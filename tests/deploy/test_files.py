"""What deploy/ has is what its readers take: compose, Kubernetes, nginx; and it fits what Parley does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from lib.config import ROOT

DEPLOY = ROOT / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
KUSTOMIZATION = DEPLOY / "kubernetes" / "kustomization.yaml"
SCREEN = 45  # lines


def test_compose() -> None:
    """compose.yaml is what the compose specification says."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*command, DEPLOY / "compose.yaml"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", [file for file in MANIFESTS if file != KUSTOMIZATION], ids=lambda file: file.stem)
def test_manifest(file: Path) -> None:
    """Each manifest is what Kubernetes' own schema says, and nothing else is in it."""
    document = yaml.safe_load(file.read_text(encoding="utf-8"))

    kubernetes_validate.validate(document, "1.33", strict=True)


def test_kustomization() -> None:
    """The kustomization names every manifest."""
    named = yaml.safe_load(KUSTOMIZATION.read_text(encoding="utf-8"))["resources"]

    assert sorted(named) == [file.name for file in MANIFESTS if file != KUSTOMIZATION]


def test_time_to_end() -> None:
    """Whoever ends Parley gives it more time than it drains."""
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]["app"]
    pod = yaml.safe_load((DEPLOY / "kubernetes" / "deployment.yaml").read_text())["spec"]["template"]["spec"]
    unit = (DEPLOY / "parley.service").read_text(encoding="utf-8")
    [unit_drain], [unit_stop] = re.findall(r"DRAIN_SECONDS=(\d+)", unit), re.findall(r"TimeoutStopSec=(\d+)", unit)
    [pod_drain] = [each["value"] for each in pod["containers"][0]["env"] if each["name"] == "DRAIN_SECONDS"]

    assert int(compose["stop_grace_period"].removesuffix("s")) >= int(compose["environment"]["DRAIN_SECONDS"]) + 15
    assert pod["terminationGracePeriodSeconds"] >= int(pod_drain) + 15
    assert int(unit_stop) >= int(unit_drain) + 15


def test_told() -> None:
    """Each way has a section in the README beside it that fits one screen."""
    sections = re.split(r"^## ", (DEPLOY / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]

    assert [section.splitlines()[0] for section in sections] == ["Compose", "Image", "nginx", "systemd", "Kubernetes"]
    assert all(len(section.splitlines()) <= SCREEN for section in sections)
