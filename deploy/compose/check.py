"""Looks behind a compose file that Compose has read: are mounts there, dependencies met, images pinned, rights dropped?

Lays out, for each service, the files as its container would see them, so that other programs can be asked about them.
"""

import pathlib
import shutil
import subprocess
import sys

import yaml

canonical, root, undertone = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
project = yaml.safe_load(canonical.read_text())
services = project["services"]

for name, service in services.items():
    image = service["image"].rsplit("/", 1)[-1]
    assert ":" in image and not image.endswith(":latest"), f"{name}: {image} is not pinned"
    assert service["cap_drop"] == ["ALL"] and "no-new-privileges:true" in service["security_opt"], f"{name}: rights"
    assert service["user"].split(":")[0] not in ("", "0", "root"), f"{name}: runs as root"
    assert "privileged" not in service and service.get("network_mode") != "host", name
    for port in service.get("ports", []):
        assert port["host_ip"] == "127.0.0.1", f"{name}: port {port['target']} is open to everybody"
    for other, how in service.get("depends_on", {}).items():
        condition = how["condition"]
        assert condition != "service_healthy" or "healthcheck" in services[other], f"{name}: {other} has no health check"
        runs_on = services[other].get("restart", "no") != "no"
        assert condition != "service_completed_successfully" or not runs_on, f"{name}: {other} never completes"
    serves = service.get("restart", "no") != "no"
    asked = name == "undertone" or "healthcheck" in service
    assert asked or not serves, f"{name}: nobody asks how it is"
    for key in service.get("environment") or {}:
        assert not any(word in key for word in ("PASSWORD", "SECRET", "TOKEN")), f"{name}: {key}"
    for mount in service.get("volumes", []):
        target = root / name / mount["target"].lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if mount["type"] == "volume":
            assert mount["source"] in project["volumes"], f"{name}: {mount['source']}"
            continue
        source = pathlib.Path(mount["source"])
        assert mount["read_only"], f"{name}: {source} can be written to"
        assert source.exists(), f"{name}: {source} is not there"
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)

# Whom configurations name is a service, on a port that it listens on.
texts = "\n".join(path.read_text() for path in root.rglob("*") if path.suffix in (".yml", ".toml", ".yaml"))
for address in ("kafka:9092", "undertone:9464", "prometheus:9090", "alertmanager:9093", "desk:8090"):
    assert address in texts and address.split(":")[0] in services, address

# Grafana finds its boards where it is told to look for them.
for provisioning in (root / "grafana/etc/grafana/provisioning/dashboards").glob("*.yml"):
    for provider in yaml.safe_load(provisioning.read_text())["providers"]:
        boards = list((root / "grafana" / provider["options"]["path"].lstrip("/")).glob("*.json"))
        assert boards, f"{provisioning.name}: no boards at {provider['options']['path']}"

if undertone:
    folder = root / "undertone/etc/undertone"
    done = subprocess.run([undertone, "check", "--config", folder / "undertone.toml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
else:
    print("no build of undertone: its configuration was not read")
