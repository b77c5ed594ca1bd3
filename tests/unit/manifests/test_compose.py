"""Each check of Compose files on what breaks it and on what does not, and what a service is made of."""

from __future__ import annotations

import json
from typing import Any

import pytest

from secscan.findings.levels import GapKind
from secscan.manifests.analyse import Answer, analyse
from secscan.manifests.compose_files import filled
from tests.unit.manifests.samples import DIGEST, rules, service

CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": (service(), []),
    "privileged": (service(privileged=True), ["privileged"]),
    "privileged by default": (service(privileged="${P:-true}"), ["privileged"]),
    "host network": (service(network_mode="host"), ["host-network"]),
    "network of a service": (service(network_mode="service:db"), []),
    "host pid": (service(pid="host"), ["host-pid"]),
    "host ipc": (service(ipc="host"), ["host-ipc"]),
    "host uts": (service(uts="host"), ["host-uts"]),
    "host users": (service(userns_mode="host"), ["host-users"]),
    "host cgroup": (service(cgroup="host"), ["host-cgroup"]),
    "the engine's socket by its own field": (service(use_api_socket=True), ["engine-socket"]),
    "a privileged build": (service(build={"context": ".", "privileged": True}), ["privileged-build"]),
    "an insecure build": (service(build={"entitlements": ["security.insecure"]}), ["privileged-build"]),
    "capability": (service(cap_add=["CAP_SYS_ADMIN"]), ["capability-added"]),
    "capability of the baseline": (service(cap_add=["CHOWN"]), []),
    "capabilities kept": (service(cap_drop=None), ["capabilities-not-dropped"]),
    "capabilities dropped in small letters": (service(cap_drop=["all"]), []),
    "may gain rights": (service(security_opt=None), ["privilege-escalation"]),
    "no new privileges in another form": (service(security_opt=["no-new-privileges=true"]), []),
    "no new privileges, switched off": (service(security_opt=["no-new-privileges:false"]), ["privilege-escalation"]),
    "seccomp": (service(security_opt=["no-new-privileges", "seccomp=unconfined"]), ["seccomp-unconfined"]),
    "apparmor": (service(security_opt=["no-new-privileges", "apparmor:unconfined"]), ["apparmor-unconfined"]),
    "selinux": (service(security_opt=["no-new-privileges", "label:disable"]), ["selinux-disabled"]),
    "system paths": (service(security_opt=["no-new-privileges", "systempaths=unconfined"]), ["proc-mount"]),
    "a profile of its own": (service(security_opt=["no-new-privileges", "seccomp:profile.json"]), []),
    "no user": (service(user=None), ["may-run-as-root"]),
    "root": (service(user="root"), ["run-as-root"]),
    "root by number": (service(user="0:0"), ["run-as-root"]),
    "root by default": (service(user="${UID:-0}"), ["run-as-root"]),
    "a user nobody knows": (service(user="${UID}"), []),
    "writable": (service(read_only=None), ["writable-root"]),
    "no limits": (
        service(mem_limit=None, cpus=None, pids_limit=None),
        ["cpu-limit", "memory-limit", "processes-limit"],
    ),
    "limits of the deployment": (
        service(
            mem_limit=None,
            cpus=None,
            pids_limit=None,
            deploy={"resources": {"limits": {"memory": "1g", "cpus": "1", "pids": 10}}},
        ),
        [],
    ),
    "socket": (service(volumes=["/var/run/docker.sock:/var/run/docker.sock:ro"]), ["host-path"]),
    "the whole host": (service(volumes=["/:/host:ro"]), ["host-path"]),
    "the long form": (service(volumes=[{"type": "bind", "source": "/etc", "target": "/x"}]), ["host-path"]),
    "home": (service(volumes=["~/.ssh:/ssh:ro"]), ["host-path"]),
    "home by its variable": (service(volumes=["${HOME}/.aws:/aws"]), ["host-path"]),
    "a folder of the project": (service(volumes=["./data:/data", "data:/x", "/only/inside"]), []),
    "a path by default": (service(volumes=["${D:-/etc}:/x"]), ["host-path"]),
    "a device": (service(devices=["/dev/sda:/dev/sda"]), ["host-device"]),
    "no device": (service(devices=["vendor.com/device=1"]), []),
    "database": (service(ports=["5432:5432"]), ["published-port"]),
    "database on loopback": (service(ports=["127.0.0.1:5432:5432", "[::1]:5432:5432"]), []),
    "database on every address": (service(ports=["0.0.0.0:15432:5432/tcp"]), ["published-port"]),
    "database on a port by chance": (service(ports=["6379"]), ["published-port"]),
    "database within a range": (service(ports=["9000-9400:9000-9400"]), ["published-port"]),
    "database in the long form": (service(ports=[{"target": 27017, "published": "27017"}]), ["published-port"]),
    "long form on loopback": (service(ports=[{"target": 27017, "host_ip": "127.0.0.1"}]), []),
    "database on a port that nobody knows": (service(ports=["${PORT}:5432"]), ["published-port"]),
    "a web server": (service(ports=["80:80", 443]), []),
    "nonsense": (service(ports=["x:y", {"target": "z"}, None, "99999999:1"]), []),
    "no tag": (service(image="nginx"), ["image-latest"]),
    "a tag": (service(image="nginx:1.27"), ["image-without-digest"]),
    "a tag by default": (service(image="nginx:${V:-latest}"), ["image-latest"]),
    "a tag nobody knows": (service(image="nginx:${V}"), []),
    "an image that is built here": (service(image="web", build="."), []),
    "secret": (service(environment={"DB_PASSWORD": "Tr0ub4dor&3xyz"}), ["secret-in-environment"]),
    "secret in a list": (service(environment=["DB_PASSWORD=Tr0ub4dor&3xyz"]), ["secret-in-environment"]),
    "secret by default": (service(environment=["DB_PASSWORD=${X:-Tr0ub4dor&3xyz}"]), ["secret-in-environment"]),
    "secret for the build": (service(build={"args": {"NPM_TOKEN": "k7Jx92mQpLw84ZtR"}}), ["secret-in-environment"]),
    "secret from elsewhere": (service(environment=["DB_PASSWORD=${X}", "TOKEN", "PASSWORD_FILE=/run/secrets/p"]), []),
}


def judged(services: dict[str, Any], path: str = "compose.yaml", **more: Any) -> Answer:
    return analyse([(path, json.dumps({"services": services, **more}, indent=1))], whole=True)


@pytest.mark.parametrize("name", CASES)
def test_exactly_what_is_wrong_is_told(name: str) -> None:
    given, expected = CASES[name]
    answer = judged({"web": given})
    assert rules(answer) == expected
    assert answer.gaps == []
    assert {finding["symbol"] for _, finding in answer.findings} <= {"service web"}


def test_a_named_volume_can_be_a_folder_of_the_host() -> None:
    volumes = {"data": {"driver_opts": {"type": "none", "o": "bind", "device": "/etc"}}}
    assert rules(judged({"web": service(volumes=["data:/x"])}, volumes=volumes)) == ["host-path"]


def test_a_part_of_a_service_is_asked_only_for_what_it_says() -> None:
    assert rules(judged({"web": {"restart": "always"}})) == []
    assert rules(judged({"web": {"privileged": True}})) == ["privileged"]


def test_anchors_and_merged_mappings() -> None:
    good = json.dumps(service())
    text = f"x-base: &base\n  privileged: true\nservices:\n  web:\n    <<: [*base, {good}]\n"
    (_, finding), *others = analyse([("compose.yml", text)], whole=True).findings
    assert others == []
    assert "(line 2)" in finding["message"]
    assert finding["region"] == {"start_line": 4, "start_column": 3, "end_line": 4, "end_column": 6}


def test_a_service_has_what_it_extends() -> None:
    answer = judged({"base": service(cap_add=["SYS_ADMIN"]), "web": {"extends": "base", "cap_add": ["NET_ADMIN"]}})
    web = [finding for _, finding in answer.findings if finding["symbol"] == "service web"]
    assert len(web) == 1
    assert "SYS_ADMIN" in web[0]["message"]
    assert "NET_ADMIN" in web[0]["message"]


def test_a_service_extends_one_of_another_file() -> None:
    extends = {"file": "../common.yml", "service": "base"}
    files = [
        ("a/common.yml", json.dumps({"services": {"base": service(privileged=True)}})),
        (
            "a/b/compose.yaml",
            json.dumps({"services": {"web": {"extends": extends}}}),
        ),
    ]
    answer = analyse(files, whole=True)
    (found,) = [finding for path, finding in answer.findings if path == "a/b/compose.yaml"]
    assert found["title"] == "Service web runs privileged"
    assert "(line" not in found["message"]


@pytest.mark.parametrize(
    "extends",
    [
        {"file": "gone.yml", "service": "x"},
        {"file": "../../../etc/compose.yaml", "service": "x"},
        {"file": "https://example.test/c.yml", "service": "x"},
        {"file": "${WHERE}", "service": "x"},
        {"service": "web"},
        {"service": "gone"},
    ],
)
def test_what_cannot_be_followed_is_a_gap(extends: dict[str, str]) -> None:
    answer = judged({"web": {**service(), "extends": extends}})
    assert {problem.kind for _, problem, _ in answer.gaps} == {GapKind.PARTIAL}


@pytest.mark.parametrize(
    ("include", "gaps"), [(["b/compose.yaml"], 0), ([{"path": ["b/compose.yaml", "c.yaml"]}], 1), (["oci://x/y"], 1)]
)
def test_what_is_included_is_a_file_of_the_target_or_a_gap(include: list[Any], gaps: int) -> None:
    files = [
        ("compose.yaml", json.dumps({"services": {"web": service()}, "include": include})),
        ("b/compose.yaml", json.dumps({"services": {"db": service(privileged=True)}})),
    ]
    answer = analyse(files, whole=True)
    assert [path for path, _ in answer.findings] == ["b/compose.yaml"]
    assert len(answer.gaps) == gaps


def test_services_that_extend_one_another_end() -> None:
    answer = judged({"a": {"extends": "b", "image": f"x{DIGEST}"}, "b": {"extends": "a"}})
    assert answer.gaps


def test_a_default_secret_is_pointed_at() -> None:
    text = "services:\n  web:\n    environment:\n      DB_PASSWORD: ${X:-Tr0ub4dor&3xyz}\n"
    answer = analyse([("compose.yaml", text)], whole=True)
    (finding,) = [one for _, one in answer.findings if one["kind"] == "secret"]
    line = text.splitlines()[finding["region"]["start_line"] - 1]
    assert line[finding["region"]["start_column"] - 1 : finding["region"]["end_column"] - 1] == "Tr0ub4dor&3xyz"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("${A}", None),
        ("$A", None),
        ("${A:-b}", "b"),
        ("${A-b}/c", "b/c"),
        ("${A:-${B:-c}}", "c"),
        ("${A:?must}", None),
        ("${A:+x}", None),
        ("a$$b", "a$b"),
        ("${", "${"),
    ],
)
def test_variables(text: str, expected: str | None) -> None:
    assert filled(text) == expected
