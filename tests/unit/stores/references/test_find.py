"""Every style of reference, as it stands in files; what is no reference; and files that are made to harm the reader."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secscan.stores.references.find import MOST, find, linked
from secscan.stores.references.reference import Form, Reference, as_glob
from tests.support.reference_samples import EXTERNAL_SECRETS, NOTHING, SAMPLES, TERRAFORM, Sample


def words(one: Reference) -> str:
    mount = f"{one.mount}:" if one.mount else ""
    key, version = f"#{one.key}" if one.key else "", f"@{one.version}" if one.version else ""
    return f"{mount}{one.path}{key}{version}{'?' if one.unknown else ''}"


def references(path: str, content: str) -> tuple[Reference, ...]:
    found = find(path, content)
    return linked(found.references, found.declared)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.name)
def test_styles(sample: Sample) -> None:
    found = references(sample.path, sample.content)
    assert tuple(words(one) for one in found) == sample.said
    assert sample.form is None or {one.form for one in found} == {sample.form}


@pytest.mark.parametrize(("path", "content"), [one[1:] for one in NOTHING], ids=[one[0] for one in NOTHING])
def test_what_is_no_reference(path: str, content: str) -> None:
    assert references(path, content) == ()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.name)
def test_the_place_is_that_of_the_words(sample: Sample) -> None:
    lines = sample.content.split("\n")
    for one in references(sample.path, sample.content):
        place = one.region
        assert place.start_line == place.end_line
        stands = lines[place.start_line - 1][place.start_column - 1 : place.end_column - 1]
        assert stands.strip("/") in {one.path, f"{one.path}/", one.key} or one.path in stands


def test_a_store_that_is_declared_in_another_file() -> None:
    store, secret = EXTERNAL_SECRETS.split("---")
    found = find("b.yaml", secret)
    assert all("vault-backend" in one.unknown for one in linked(found.references, ()))
    assert [one.mount for one in linked(found.references, find("a.yaml", store).declared)] == ["secret"] * 3


@pytest.mark.parametrize(
    ("key", "path", "form"),
    [("app/db", "app/db", Form.ENTRY), ("secret/app", "app", Form.EITHER), ("secret/data/a", "data/a", Form.EITHER)],
)
def test_a_mount_that_stands_in_store_and_path(key: str, path: str, form: Form) -> None:
    content = EXTERNAL_SECRETS.replace("{key: app/db, property: user}", f"{{key: {key}, property: user}}")
    (one,) = [one for one in references("a.yaml", content) if one.key == "user"]
    assert (one.mount, one.path, one.form) == ("secret", path, form)


def test_a_block_of_terraform_completes_only_its_own_folder() -> None:
    block, use = TERRAFORM.split("locals")
    declared = find("infra/a.tf", block).declared
    assert not linked(find("infra/b.tf", use).references, declared)[0].unknown
    assert linked(find("other/b.tf", use).references, declared)[0].unknown


def test_a_namespace_is_kept() -> None:
    (one,) = references("a.sh", "vault kv get -ns=team/a secret/app")
    assert one.namespace == "team/a"


def test_a_path_with_unknown_parts_as_a_glob() -> None:
    assert as_glob("secret/${ENV}/db-{{ x }}") == "secret/*/db-*"
    assert as_glob("MOUNT/PATH") == "MOUNT/PATH"  # of a manual: it means nothing in particular


def test_no_more_than_the_limit() -> None:
    found = find("a.yaml", "".join(f"x{i}: vault:secret/a{i}#k\n" for i in range(MOST + 10)))
    assert found.more
    assert len(found.references) <= MOST + 1


HOSTILE = [
    "vault:" * 200_000,
    "vault:secret/" + "a/" * 300_000 + "#k",
    "vault:${" * 100_000,
    "{{" * 300_000,
    "{{ secret " * 60_000,
    '{{ secret "a/b" }}' * 30_000 + ".Data.data." * 30_000,
    "vault kv get " + "-a " * 200_000,
    "vault kv get -field=" * 40_000,
    "vault read \\\n" * 60_000,
    "<path:" * 100_000,
    "hvac .read_secret(" + "a=" * 200_000,
    "hvac " + ".read_secret('" * 60_000,
    "hvac " + ".read_secret('a/b'" + "," * 300_000,
    "lookup('hashi_vault', " * 30_000,
    'data "vault_kv_secret_v2" "x" {\n' * 20_000,
    "kind: ExternalSecret\n" + "".join(" " * (i % 200) + "- a:\n" for i in range(40_000)),
    "kind: ExternalSecret\n" + "- " * 300_000,
    "kind: ExternalSecret\n" + "a" * 600_000,
    "kind: ExternalSecret\n" + ("x" * 190 + " " * 30 + "\n") * 3_000,
    "kind: ExternalSecret\nx: {" + "a." * 300_000,
    "kind: ExternalSecret\n" + ("x: {" + "a: b, " * 300 + "}\n") * 200,
    "uses: hashicorp/vault-action\nwith:\n secrets: |\n  " + "a ; " * 150_000,
    "avp.kubernetes.io/path: a/b\nx: " + "<a" * 200_000,
    "secret {" * 60_000,
    "spring.cloud.vault.kv.application-name" + " " * 300_000,
    "vault.hashicorp.com/agent-inject-secret-" * 15_000,
]


@pytest.mark.parametrize("content", HOSTILE, ids=lambda one: one[:24].replace("\n", " "))
def test_looking_takes_steps_in_proportion(content: str) -> None:
    """Not a matter of seconds: a pattern that is not linear would keep this busy for hours."""
    find("a.yaml", content)


PARTS = [
    "vault", ":", "//", "secret/", "data/", "#", "key", "${", "}", "{{", " ", "\n", "- ", "kv get ", "-field=",
    "<path:", ">", "'", '"', "(", ")", "read_secret(", "hvac", "kind: ExternalSecret", "remoteRef:", "  ", "\\", "..",
    "é", "\x00",
]  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=5)), max_size=60).map("".join))
def test_whatever_stands_in_a_file(content: str) -> None:
    lines = content.split("\n")
    for one in find("a.yaml", content).references:
        assert 1 <= one.region.start_line <= len(lines)
        assert one.region.start_column >= 1
        assert one.region.end_line <= len(lines)
