"""References in YAML of pipelines and applications: vault-action, modules of Ansible, Spring."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from secscan.stores.references.outline import Line
from secscan.stores.references.reference import NO_ENTRIES, WORD, Form, Reference, Text, made

_SECRET = re.compile(rf"(?:^|;)\s{{0,20}}+(?P<path>{WORD})\s{{1,20}}+(?P<key>[^\s|;]{{1,200}}+)")
_MODULE = re.compile(r"(?:community\.hashi_vault\.)?(?P<plugin>vault_kv[12]_get|vault_read)")
_PROPERTY = re.compile(
    r"^spring\.cloud\.vault\.(?P<name>kv\.backend|kv\.application-name|namespace)[ \t]{0,20}+[=:][ \t]{0,20}+"
    r"(?P<value>[^\s#]{1,200}+)",
    re.MULTILINE,
)


def vault_action(text: Text, lines: Sequence[Line]) -> Iterator[Reference]:
    """`secrets: |` of hashicorp/vault-action: `secret/data/ci key | NAME ;`."""
    steps = {line.inside for line in lines if line.name == "uses" and "/vault-action" in line.value}
    namespaces = {line.keys[:-2]: line.value for line in lines if line.keys[-2:] == ("with", "namespace")}
    for line in lines:
        step = line.keys[:-2]
        if line.keys[-2:] != ("with", "secrets") or step not in steps or line.value[:1] in {"|", ">"}:
            continue
        for found in _SECRET.finditer(line.value):
            if found["path"].strip("/").startswith(NO_ENTRIES):
                continue
            yield made(
                text,
                line.start + found.start("path"),
                line.start + found.end("key"),
                style="vault-action",
                path=found["path"],
                key=found["key"].strip("'\""),
                namespace=namespaces.get(step, ""),
                form=Form.API,
            )


def ansible_modules(text: Text, lines: Sequence[Line]) -> Iterator[Reference]:
    """Tasks with `community.hashi_vault.vault_kv2_get` and its kin."""
    tasks: dict[tuple[str, ...], dict[str, Line]] = defaultdict(dict)
    for line in lines:
        if line.inside and _MODULE.fullmatch(line.inside[-1]):
            tasks[line.inside][line.name] = line
    for keys, told in tasks.items():
        module = keys[-1].rpartition(".")[2]
        if "path" not in told:
            continue
        usual = {"vault_kv2_get": "secret", "vault_kv1_get": "kv"}.get(module, "")
        yield made(
            text,
            told["path"].start,
            told["path"].end,
            style="Ansible",
            path=told["path"].value,
            mount=told["engine_mount_point"].value if "engine_mount_point" in told else usual,
            version=told["version"].value if "version" in told else "",
            namespace=told["namespace"].value if "namespace" in told else "",
            form=Form.ENTRY if usual else Form.API,
        )


def spring_application(text: Text, lines: Sequence[Line]) -> Iterator[Reference]:
    """The entry of an application of Spring Cloud Vault, where it is named. Spring does without it."""
    told: dict[str, tuple[str, int, int]] = {
        found["name"]: (found["value"], *found.span("value")) for found in _PROPERTY.finditer(text.content)
    }
    for line in lines:
        name = ".".join(line.keys)
        if name.startswith("spring.cloud.vault."):
            told[name.removeprefix("spring.cloud.vault.")] = (line.value, line.start, line.end)
    if "kv.application-name" in told:
        path, start, end = told["kv.application-name"]
        yield made(
            text,
            start,
            end,
            style="Spring",
            path=path,
            mount=told["kv.backend"][0] if "kv.backend" in told else "secret",
            namespace=told["namespace"][0] if "namespace" in told else "",
            optional=True,
        )
