"""Holds rendered manifests to the schemas of Kubernetes, the Prometheus Operator and KEDA, and to what the chart promises."""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import jsonschema
import kubernetes_validate
import yaml

VERSIONS = ["1.27", "1.31", "1.37"]
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
RULES = pathlib.Path(__file__).parent.parent / "prometheus"


def custom_schemas(paths):
    """Schemas of custom resources by API version and kind; a field that they do not name is an error."""
    found = {}
    for path in paths:
        definition = yaml.load(path.read_text(), LOADER)["spec"]
        for version in definition["versions"]:
            schema = strict(version["schema"]["openAPIV3Schema"])
            schema["properties"]["metadata"] = {"type": "object"}
            found[f"{definition['group']}/{version['name']}", definition["names"]["kind"]] = schema
    return found


def strict(schema):
    """Closes objects whose fields are named, as a server's strict field validation does, and knows int-or-string."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: strict(value) for key, value in schema.items()}
    if schema.get("type") == "object" and "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        schema.setdefault("additionalProperties", False)
    if schema.get("x-kubernetes-int-or-string"):
        schema.pop("type", None)
    return schema


def selects(selector, labels):
    return all(labels.get(key) == value for key, value in selector.items())


def check_pod(where, spec):
    """The restricted Pod Security Standard, and a little more."""
    pod = spec["securityContext"]
    assert pod["runAsNonRoot"] and pod["runAsUser"] > 0 and pod["seccompProfile"]["type"] == "RuntimeDefault", where
    assert spec["automountServiceAccountToken"] is False, f"{where}: it needs no token"
    volumes = {volume["name"] for volume in spec["volumes"]}
    for container in spec["containers"]:
        own = container["securityContext"]
        assert own["readOnlyRootFilesystem"] and not own["allowPrivilegeEscalation"], where
        assert own["capabilities"] == {"drop": ["ALL"]}, where
        assert container["resources"]["requests"]["memory"] and container["resources"]["limits"]["memory"], where
        assert {mount["name"] for mount in container["volumeMounts"]} == volumes, f"{where}: volumes and mounts differ"
        names = [one["name"] for one in container["env"]]
        assert len(names) == len(set(names)), f"{where}: a variable twice"


def check_set(one, of):
    name = one["metadata"]["name"]
    template = one["spec"]["template"]
    labels, spec = template["metadata"]["labels"], template["spec"]
    assert selects(one["spec"]["selector"]["matchLabels"], labels), f"{name}: does not select its pods"
    service = of["Service"][one["spec"]["serviceName"]]
    assert selects(service["spec"]["selector"], labels), f"{name}: the Service does not select its pods"
    assert spec["serviceAccountName"] in of.get("ServiceAccount", {}) or spec["serviceAccountName"] == "listening", name
    budgets = [b for b in of["PodDisruptionBudget"].values() if selects(b["spec"]["selector"]["matchLabels"], labels)]
    assert len(budgets) == 1, f"{name}: {len(budgets)} disruption budgets: an eviction needs exactly one"
    for policy in of.get("NetworkPolicy", {}).values():
        assert selects(policy["spec"]["podSelector"]["matchLabels"], labels), f"{name}: no network policy"
    check_pod(name, spec)
    container = spec["containers"][0]
    instance = next(e for e in container["env"] if e["name"] == "UNDERTONE_INSTANCE")
    assert instance["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}, f"{name}: no stable instance"
    probes = {kind: container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")}
    assert probes == {"startup": "/livez", "liveness": "/livez", "readiness": "/readyz"}, probes
    assert spec["terminationGracePeriodSeconds"] > 30 + 10, "a commit may wait 30 s, a rebalance 10 s"
    scaled = [s for s in of.get("ScaledObject", {}).values() if s["spec"]["scaleTargetRef"]["name"] == name]
    assert ("replicas" in one["spec"]) != bool(scaled), f"{name}: replicas are set by values or by KEDA, not by both"


def check_rules(of):
    """The rule files, word for word but for the runbooks' address, and read by promtool."""
    for rule in of.get("PrometheusRule", {}).values():
        kind = rule["metadata"]["name"].rsplit("-", 1)[1]
        text = (RULES / f"undertone.{kind}.yml").read_text()
        own = yaml.safe_load(text.replace("https://undertone.example/runbooks", "https://wiki.example/undertone"))
        assert rule["spec"] == own, f"{kind}: not the rules of deploy/prometheus"
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            yaml.safe_dump(rule["spec"], file, allow_unicode=True)
            file.flush()
            subprocess.run(["promtool", "check", "rules", file.name], check=True, stdout=subprocess.DEVNULL)


def check_configuration(config, undertone):
    """What `undertone check` says to the files as a pod would see them."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in config["data"].items():
            # Files of Secrets are not there.
            (pathlib.Path(folder) / name).write_text(text.replace("/run/secrets/kafka/ca.crt", "/etc/ssl/certs/ca-certificates.crt"))
        command = [undertone, "check", "--config", f"{folder}/undertone.toml"]
        environment = {"KAFKA_PASSWORD": "x", "UNDERTONE_INSTANCE": "undertone-0"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        # The program of CI has no libtorch. That is told after everything else that could be wrong with the files.
        wants_libtorch = 'engine = "libtorch"' in config["data"]["undertone.toml"]
        fine = "built without it" in done.stderr if wants_libtorch and done.returncode == 64 else done.returncode == 0
        assert fine, f"{' '.join(command)}: {done.stderr}"


def check(path, schemas, undertone):
    documents = [one for one in yaml.load_all(path.read_text(), LOADER) if one]
    of = {}
    for one in documents:
        api, kind, name = one["apiVersion"], one["kind"], one["metadata"]["name"]
        assert name not in of.setdefault(kind, {}), f"{kind} {name} twice"
        of[kind][name] = one
        if (api, kind) in schemas:
            jsonschema.Draft202012Validator(schemas[api, kind]).validate(one)
        else:
            for version in VERSIONS:
                kubernetes_validate.validate(one, version, strict=True)
    for one in of["StatefulSet"].values():
        check_set(one, of)
    for one in of.get("Job", {}).values():
        check_pod(one["metadata"]["name"], one["spec"]["template"]["spec"])
        labels = one["spec"]["template"]["metadata"]["labels"]
        assert not any(selects(s["spec"]["selector"], labels) for s in of["Service"].values()), "a job behind the Service"
    for one in of.get("ServiceMonitor", {}).values():
        wanted = one["spec"]["selector"]["matchLabels"]
        chosen = [name for name, service in of["Service"].items() if selects(wanted, service["metadata"]["labels"])]
        assert chosen == [one["metadata"]["name"]], "one Service, which gives the job its name"
        assert "undertone" in chosen[0], "the alerts look for it in the job's name"
    check_rules(of)
    if undertone:
        for one in of["ConfigMap"].values():
            check_configuration(one, undertone)
    print(f"{path.name}: {len(documents)} manifests hold{'' if undertone else '; no undertone: the configuration was not read'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crds", type=pathlib.Path, nargs="+", required=True, help="files of custom resource definitions")
    parser.add_argument("--undertone", default="", help="the program; without it, configurations are not read")
    parser.add_argument("--manifests", type=pathlib.Path, nargs="+", required=True)
    args = parser.parse_args()
    schemas = custom_schemas(args.crds)
    assert len(schemas) == 3, sorted(schemas)
    for path in args.manifests:
        check(path, schemas, args.undertone)


if __name__ == "__main__":
    sys.exit(main())
