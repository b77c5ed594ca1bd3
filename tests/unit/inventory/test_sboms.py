"""SBOMs as sources of packages: CycloneDX and SPDX, in each of their forms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.findings.levels import GapKind
from secscan.inventory import contract
from secscan.inventory.contract import Inventory, Scope
from secscan.inventory.discover import take_inventory
from secscan.inventory.known import may_hold_python, reader_of
from secscan.inventory.names import purl_of, read_purl
from tests.unit.inventory.support import gaps, pins, read

CYCLONEDX = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "metadata": {"component": {"bom-ref": "app", "name": "app", "type": "application"}},
    "components": [
        {
            "type": "library",
            "bom-ref": "a",
            "name": "flask",
            "version": "2.0",
            "purl": "pkg:pypi/flask@2.0",
            "licenses": [{"license": {"id": "BSD-3-Clause"}}],
            "components": [{"type": "library", "name": "c", "purl": "pkg:npm/%40s/c@3.0.0", "bom-ref": "c"}],
        },
        {
            "type": "library",
            "bom-ref": "b",
            "name": "b",
            "purl": "pkg:maven/org.b/b@1.0?type=jar",
            "scope": "optional",
            "licenses": [{"expression": "MIT OR Apache-2.0"}],
        },
        {"type": "library", "name": "curl", "purl": "pkg:deb/debian/curl@7.88.1-10?distro=debian-12&upstream=curl"},
        {"type": "library", "name": "nopurl", "version": "1"},
        {"type": "library", "name": "nover", "purl": "pkg:pypi/nover"},
        {"type": "library", "name": "odd", "purl": "pkg:generic/odd@1"},
        {"type": "library", "name": "bad", "purl": "not a purl"},
        {"type": "file", "name": "/bin/sh"},
        7,
    ],
    "dependencies": [{"ref": "app", "dependsOn": ["a"]}, {"ref": "a", "dependsOn": ["c", "gone"]}, {"ref": "c"}],
}


@pytest.mark.parametrize("name", ["bom.json", "sbom.json", "app.cdx.json"])
def test_cyclonedx_json(name: str) -> None:
    text = json.dumps(CYCLONEDX, indent=1)
    found = read(name, text)
    assert [(one.ecosystem, one.name, one.version, one.direct, one.why) for one in found.packages] == [
        ("PyPI", "flask", "2.0", True, ()),
        ("Maven", "org.b:b", "1.0", None, ()),
        ("Debian:12", "curl", "7.88.1-10", None, ()),
        ("npm", "@s/c", "3.0.0", False, ("flask 2.0",)),
    ]
    assert [one.licence for one in found.packages] == ["BSD-3-Clause", "MIT OR Apache-2.0", "", ""]
    assert found.packages[1].scope is Scope.OPTIONAL
    assert [subject for _, subject in gaps(found)] == ["nopurl 1", "nover", "odd", "bad", "a component"]
    assert all(one.line > 1 for one in found.packages)


def test_cyclonedx_xml() -> None:
    text = """<?xml version="1.0"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.5">
<metadata><component type="application" bom-ref="app"><name>app</name></component></metadata>
<components>
<component type="library" bom-ref="a"><name>flask</name><version>2.0</version>
<licenses><license><id>MIT</id></license><license><name>Apache 2.0</name></license></licenses>
<purl>pkg:pypi/flask@2.0</purl>
<components><component type="library" bom-ref="c"><name>c</name><purl>pkg:cargo/c@1.0.0</purl></component></components>
</component>
<component type="library"><name>nopurl</name><version>1</version></component>
</components>
<dependencies><dependency ref="app"><dependency ref="a"/></dependency>
<dependency ref="a"><dependency ref="c"/></dependency></dependencies>
</bom>"""
    found = read("bom.xml", text)
    assert [(one.name, one.direct, one.why, one.licence, one.line) for one in found.packages] == [
        ("flask", True, (), "MIT AND Apache-2.0", 5),
        ("c", False, ("flask 2.0",), "", 8),
    ]
    assert [subject for _, subject in gaps(found)] == ["nopurl 1"]
    assert gaps(read("sbom.xml", "<bom/>")) == [("broken-manifest", "sbom.xml")]


SPDX = {
    "spdxVersion": "SPDX-2.3",
    "documentDescribes": ["SPDXRef-app"],
    "packages": [
        {"SPDXID": "SPDXRef-app", "name": "app"},
        {
            "SPDXID": "SPDXRef-a",
            "name": "flask",
            "versionInfo": "2.0",
            "licenseConcluded": "NOASSERTION",
            "licenseDeclared": "BSD-3-Clause",
            "externalRefs": [
                {"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a"},
                {"referenceType": "purl", "referenceLocator": "pkg:pypi/flask@2.0"},
            ],
        },
        {
            "SPDXID": "SPDXRef-b",
            "name": "b",
            "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:gem/b@1"}],
        },
        {"SPDXID": "SPDXRef-c", "name": "nopurl", "versionInfo": "1"},
    ],
    "relationships": [
        {"spdxElementId": "SPDXRef-app", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-a"},
        {"spdxElementId": "SPDXRef-b", "relationshipType": "DEPENDENCY_OF", "relatedSpdxElement": "SPDXRef-a"},
        7,
    ],
}


@pytest.mark.parametrize("name", ["sbom.json", "app.spdx.json"])
def test_spdx_json(name: str) -> None:
    found = read(name, json.dumps(SPDX, indent=1))
    assert [(one.name, one.direct, one.why, one.licence) for one in found.packages] == [
        ("flask", True, (), "BSD-3-Clause"),
        ("b", False, ("flask 2.0",), ""),
    ]
    assert [subject for _, subject in gaps(found)] == ["nopurl 1"]


def test_spdx_as_text() -> None:
    text = """\
SPDXVersion: SPDX-2.3
SPDXID: SPDXRef-DOCUMENT
DocumentComment: <text>PackageName: not a package
ExternalRef: PACKAGE-MANAGER purl pkg:pypi/not@1</text>
PackageName: app
SPDXID: SPDXRef-app
## a comment
PackageName: flask
SPDXID: SPDXRef-a
PackageVersion: 2.0
PackageLicenseDeclared: MIT
ExternalRef: PACKAGE-MANAGER purl pkg:pypi/flask@2.0
FileName: ./x
SPDXID: SPDXRef-file
PackageName: nopurl
SPDXID: SPDXRef-c
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-app
Relationship: SPDXRef-app CONTAINS SPDXRef-a
"""
    found = read("app.spdx", text)
    assert [(one.name, one.version, one.direct, one.licence, one.line) for one in found.packages] == [
        ("flask", "2.0", True, "MIT", 8)
    ]
    assert [subject for _, subject in gaps(found)] == ["nopurl"]


def _spdx(described: list[object], *packages: dict[str, object]) -> str:
    return json.dumps({"spdxVersion": "SPDX-2.3", "documentDescribes": described, "packages": packages})


def test_of_several_packages_that_an_spdx_document_describes_none_is_left_out() -> None:
    first, second = {"SPDXID": "a", "name": "openssl"}, {"SPDXID": "b", "name": "zlib"}
    assert [subject for _, subject in gaps(read("x.spdx.json", _spdx(["a", "b"], first, second)))] == [
        "openssl",
        "zlib",
    ]
    assert [subject for _, subject in gaps(read("x.spdx.json", _spdx(["a"], first, second)))] == ["zlib"]
    assert [subject for _, subject in gaps(read("x.spdx.json", _spdx([7], {"name": "no id"})))] == ["no id"]


def test_a_package_of_an_spdx_document_may_have_several_package_urls() -> None:
    urls = ("pkg:pypi/a@1", "pkg:npm/b@2", "pkg:pypi/a@1", "none")
    references = [{"referenceType": "purl", "referenceLocator": one} for one in urls]
    found = read("x.spdx.json", _spdx([], {"SPDXID": "a", "name": "x", "externalRefs": references}))
    assert (pins(found), gaps(found)) == (["a 1", "b 2"], [("unsupported-requirement", "x")])


def test_components_of_what_a_cyclonedx_document_is_about_are_read() -> None:
    held = {"type": "library", "name": "q", "purl": "pkg:npm/q@1"}
    main = {"type": "application", "name": "own", "bom-ref": "r", "components": [held, {"name": "nopurl"}]}
    found = read("bom.json", json.dumps({"bomFormat": "CycloneDX", "metadata": {"component": main}}, indent=1))
    assert (pins(found), gaps(found)) == (["q 1"], [("unsupported-requirement", "nopurl")])
    assert found.packages[0].line > 1
    text = (
        '<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><metadata><component bom-ref="r"><components>'
        "<component><purl>pkg:npm/q@1</purl></component></components></component></metadata></bom>"
    )
    assert pins(read("bom.xml", text)) == ["q 1"]


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("sbom.json", "{}", "broken-manifest"),
        ("app.cdx.json", "{}", "broken-manifest"),
        ("app.spdx.json", '{"spdxVersion": 3}', "broken-manifest"),
        ("app.spdx.json", '{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}', "unsupported-manifest"),
        ("app.spdx", "PackageName: x\n", "broken-manifest"),
    ],
)
def test_what_is_no_sbom_is_a_gap(name: str, text: str, kind: str) -> None:
    assert [found for found, _ in gaps(read(name, text))] == [kind]
    assert pins(read(name, text)) == []


hostile = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    [" ", "/", "@", "%", "%20", "..", ":"]
)


@given(st.sampled_from(["PyPI", "npm", "Go", "Maven", "Packagist", "Debian:12", "x"]), hostile, hostile)
def test_every_name_has_a_package_url_and_every_text_is_one_or_none(ecosystem: str, name: str, version: str) -> None:
    url = purl_of(ecosystem, name, version)
    for text in (url, f"pkg:pypi/{name}@{version}", name):
        try:
            read_purl(text)
        except ValueError as error:
            assert str(error)  # noqa: PT017 - one or none


def test_more_gaps_than_anyone_wrote_are_one_gap_for_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract, "MAX_PACKAGES", 5)
    text = json.dumps({"bomFormat": "CycloneDX", "components": [{"name": "x"}] * 6})
    assert gaps(read("bom.json", text)) == [("broken-manifest", "bom.json")]
    assert len(gaps(read("bom.json", text.replace('{"name": "x"}, ', "", 1)))) == 5
    assert gaps(read("requirements.txt", "https://example.com/x.zip\n" * 6)) == [
        ("broken-manifest", "requirements.txt")
    ]


OF_SYFT = {
    "bomFormat": "CycloneDX",
    "components": [
        *(
            {"type": "library", "name": one, "purl": f"pkg:deb/debian/{one}?arch=amd64&{more}distro=debian-12"}
            for one, more in (
                ("libssl3@3.0.11-1", "upstream=openssl&"),
                ("attr@1%3A2-4%2Bb1", "upstream=attr%401%3A2-4&"),
                ("curl@7", ""),
            )
        ),
        {"type": "operating-system", "name": "debian", "version": "12"},
    ],
}
OF_TRIVY = {
    "bomFormat": "CycloneDX",
    "components": [
        {
            "type": "library",
            "name": name,
            "purl": f"pkg:deb/debian/{name}@{version}?arch=amd64&distro=debian-12.4",
            "properties": [{"name": f"aquasecurity:trivy:Src{key}", "value": value} for key, value in source.items()],
        }
        for name, version, source in (
            ("libssl3", "3.0.11-1", {"Name": "openssl", "Version": "3.0.11", "Release": "1"}),
            ("attr", "2-4%2Bb1", {"Name": "attr", "Version": "2", "Release": "4", "Epoch": "1"}),
            ("curl", "7", {"Name": "curl", "Version": "7"}),
        )
    ],
}
OF_TRIVY["components"][1]["purl"] += "&epoch=1"  # type: ignore[index]


@pytest.mark.parametrize("document", [OF_SYFT, OF_TRIVY], ids=["syft", "trivy"])
def test_packages_of_a_distribution_with_their_sources(document: dict[str, object]) -> None:
    found = read("bom.json", json.dumps(document))
    assert not found.gaps
    assert [(one.ecosystem, one.name, one.version, one.source, one.architecture) for one in found.packages] == [
        ("Debian:12", "libssl3", "3.0.11-1", ("openssl", "3.0.11-1"), "amd64"),
        ("Debian:12", "attr", "1:2-4+b1", ("attr", "1:2-4"), "amd64"),
        ("Debian:12", "curl", "7", ("", ""), "amd64"),
    ]


def test_spdx_of_trivy_names_sources_in_words() -> None:
    package = {
        "SPDXID": "SPDXRef-1",
        "name": "libssl3",
        "sourceInfo": "built package from: openssl 1:3.0.11-1",
        "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:deb/debian/libssl3@3?distro=debian-12"}],
    }
    system = {"SPDXID": "SPDXRef-2", "name": "debian", "primaryPackagePurpose": "OPERATING-SYSTEM"}
    found = read("x.spdx.json", json.dumps({"spdxVersion": "SPDX-2.3", "packages": [package, system]}))
    assert not found.gaps
    assert [one.source for one in found.packages] == [("openssl", "1:3.0.11-1")]
    text = (
        "SPDXVersion: SPDX-2.3\nPackageName: libssl3\nSPDXID: SPDXRef-1\n"
        "PackageSourceInfo: <text>built package from: openssl 3</text>\n"
        "ExternalRef: PACKAGE-MANAGER purl pkg:deb/debian/libssl3@3?distro=debian-12\n"
    )
    assert [one.source for one in read("x.spdx", text).packages] == [("openssl", "3")]


def test_where_no_package_names_its_source_that_is_a_gap() -> None:
    component = {"name": "libssl3", "purl": "pkg:deb/debian/libssl3@3?distro=debian-12"}
    found = read("bom.json", json.dumps({"bomFormat": "CycloneDX", "components": [component]}))
    assert gaps(found) == [("partial", "bom.json")]
    source = {"name": "openssl", "purl": "pkg:deb/debian/openssl@3?arch=source&distro=debian-12"}
    assert not read("bom.json", json.dumps({"bomFormat": "CycloneDX", "components": [source]})).gaps


SYFT = Path(__file__).with_name("image.syft.json").read_bytes()
"""What syft 1.18.1 wrote of a small image."""


@pytest.mark.parametrize("name", ["image.syft.json", "syft.json", "sbom.json", "ci/SBOM-image.json"])
def test_syft_json(name: str) -> None:
    found = read(name, SYFT)
    assert {(one.ecosystem, one.name, one.version) for one in found.packages} == {
        ("PyPI", "django", "2.2"),
        ("Debian:12", "libssl3", "3.0.11-1~deb12u2"),
        ("Debian:12", "openssl", "3.0.11-1~deb12u2"),
        ("Debian:12", "perl-base", "1:5.36.0-7+b1"),
        ("npm", "lodash", "4.17.15"),
    }
    assert all(one.line for one in found.packages)
    assert not found.gaps


def test_what_syft_names_without_a_package_url_is_a_gap() -> None:
    document = {
        "artifacts": [
            {"id": "a", "name": "flask", "version": "2.0", "purl": "pkg:pypi/flask@2.0", "licenses": ["MIT"]},
            {"id": "b", "name": "b", "version": "1", "purl": "pkg:npm/b@1", "licenses": [
                {"value": "MIT", "spdxExpression": "MIT"}, {"value": "Apache-2.0", "spdxExpression": ""},
            ]},
            {"id": "c", "name": "bash", "version": "5"},
            {"id": "d", "name": "bash", "purl": "pkg:generic/bash@5"},
            7,
        ],
        "descriptor": {"name": "syft"},
        "schema": {"version": "1.0.0"},
    }  # fmt: skip
    found = read("x.syft.json", json.dumps(document, indent=1))
    assert [(one.name, one.licence) for one in found.packages] == [("flask", "MIT"), ("b", "MIT AND Apache-2.0")]
    assert [one.kind for one in found.gaps] == [GapKind.UNSUPPORTED_REQUIREMENT] * 3


@pytest.mark.parametrize(
    "document", [{}, {"artifacts": []}, {"descriptor": {"name": "syft"}, "schema": {}, "artifacts": {}}, {"schema": 1}]
)
def test_what_is_no_sbom_of_syft_is_a_gap(document: object) -> None:
    assert [one.kind for one in read("x.syft.json", json.dumps(document)).gaps] == [GapKind.BROKEN_MANIFEST]


@pytest.mark.parametrize("name", ["sbom-x.json", "app.sbom.v1.json", "image_sbom.json", "my-sbom.json"])
def test_what_has_sbom_in_its_name_is_read_as_what_it_is(name: str) -> None:
    assert read(name, json.dumps(CYCLONEDX)).packages
    assert read(name, SYFT).packages
    assert read(name, '{"type": "object", "title": "a schema"}') == Inventory()
    assert read(name, "{").gaps


def test_names_that_only_look_like_it_are_not_read() -> None:
    assert reader_of("src/sbomber.json") is None
    assert reader_of("bombsbom.json") is None


@pytest.mark.parametrize("name", ["inventory.json", "components", "LICENSES.txt"])
def test_a_file_that_is_named_alone_is_read_by_its_content(name: str) -> None:
    tags = "SPDXVersion: SPDX-2.3\n\nPackageName: b\nSPDXID: SPDXRef-b\nExternalRef: PACKAGE-MANAGER purl pkg:npm/b@1\n"
    xml = '<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><components><component type="library"><name>b</name>' \
        "<purl>pkg:npm/b@1</purl></component></components></bom>"  # fmt: skip
    for text in (json.dumps(CYCLONEDX).encode(), SYFT, tags.encode(), xml.encode(), xml.encode("utf-16")):
        assert take_inventory([name], lambda _path, text=text: text).packages
        assert not take_inventory([name, "other"], lambda _path, text=text: text).packages
        assert take_inventory([name], lambda _path, text=text: text, wanted=may_hold_python).packages
    for text in (b"", b"{}", b"\xff\xfe\xff", b"<html/>", b"x = 1\n", b'x = {"bomFormat": 1}'):
        assert take_inventory([name], lambda _path, text=text: text) == Inventory()


@pytest.mark.parametrize(
    "text", ['{"bomFormat": 7, ', '{"bomFormat": 7}', '{"spdxVersion": []}', '{"artifactRelationships": 1}']
)
def test_what_begins_like_an_sbom_and_is_none_is_a_gap(text: str) -> None:
    assert take_inventory(["x"], lambda _path: text.encode()).gaps


@pytest.mark.parametrize("name", ["a.spdx.yaml", "a.spdx.yml", "a.spdx.rdf", "a.spdx.rdf.xml"])
def test_forms_of_spdx_that_nobody_reads_are_gaps(name: str) -> None:
    assert [one.kind for one in take_inventory([name], lambda _path: b"").gaps] == [GapKind.UNSUPPORTED_MANIFEST]
