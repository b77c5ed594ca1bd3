"""What the SBOM readers share: a component with a package URL as a package, any other as a gap by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from secscan.findings.levels import GapKind
from secscan.inventory.contract import Declared, Inventory, Label, Scope, gap, joined, placed
from secscan.inventory.distribution import Speaks, family_of
from secscan.inventory.graph import told
from secscan.inventory.names import read_purl


@dataclass
class Components:
    """Collects the components of one SBOM, and who asks for whom."""

    path: str
    parts: list[Inventory] = field(default_factory=list)
    labels: dict[str, Label] = field(default_factory=dict)
    """Packages by the id that the SBOM gives to their component."""
    asked: dict[str, list[str]] = field(default_factory=dict)
    """Ids of what a component asks for, by its own id."""
    sources: dict[str, bool] = field(default_factory=dict)
    """Distributions whose advisories speak of source packages, and whether any component names its one."""

    def add(
        self,
        ref: str,
        name: str,
        purl: str,
        *,
        line: int,
        scope: Scope = Scope.UNKNOWN,
        licence: str = "",
        source: tuple[str, str] = ("", ""),
    ) -> None:
        """Add one component. Its package URL says what it is; without one nothing is known of it. `source` is what
        stands beside that of its source package."""
        try:
            known = read_purl(purl)
        except ValueError as error:
            self._gap(
                name, f"its package URL is none that is known: {error}" if purl else "it has no package URL", line
            )
            return
        if not known.version:
            self._gap(name, "its package URL names no version", line)
            return
        family = family_of(known.ecosystem)
        source = known.source if known.source[0] or family is None else source
        if family is not None and family.speaks is Speaks.SOURCE:
            told = bool(source[0]) or known.architecture == "source"
            self.sources[family.ecosystem] = self.sources.get(family.ecosystem, False) or told
        found = Declared(
            known.name,
            known.version,
            known.ecosystem,
            self.path,
            line,
            scope=scope,
            licence=licence,
            source=source if source != (known.name, known.version) else ("", ""),
            architecture=known.architecture,
        )
        self.parts.append(Inventory(packages=(found,)))
        self.labels.setdefault(ref, (known.name, known.version))

    def _gap(self, name: str, why: str, line: int) -> None:
        one = gap(
            GapKind.UNSUPPORTED_REQUIREMENT,
            placed(name[:100] or "a component", self.path),
            why[:200],
            remedy="make the SBOM with package URLs",
            line=line,
        )
        self.parts.append(Inventory(gaps=(one,)))

    def inventory(self, root: str) -> Inventory:
        """Return everything, with what the graph tells where it begins at the component `root`."""
        whole = joined([*self.parts, *self._without_sources()])
        if not self.asked.get(root):
            return whole
        asks_for: dict[Label, list[Label]] = {}
        for ref, children in self.asked.items():
            if ref in self.labels:
                asks_for.setdefault(self.labels[ref], []).extend(self._packages(children))
        roots = [(Scope.UNKNOWN, self._packages(self.asked[root]))]
        return Inventory(packages=told(whole.packages, roots, asks_for), gaps=whole.gaps)

    def _without_sources(self) -> Iterator[Inventory]:
        """Where no package names its source, nobody can tell those that have another name from those that have not."""
        for distribution, is_told in self.sources.items():
            if not is_told:
                one = gap(
                    GapKind.PARTIAL,
                    self.path,
                    f"it names no source packages, of which the advisories of {distribution} speak",
                    remedy="make the SBOM with a tool that names them (`upstream` in package URLs)",
                )
                yield Inventory(gaps=(one,))

    def _packages(self, refs: list[str]) -> list[Label]:
        return [self.labels[ref] for ref in refs if ref in self.labels]


_TRIVY = "aquasecurity:trivy:Src"


def source_of(properties: Mapping[str, str]) -> tuple[str, str]:
    """Return name and version of the source package from the properties that trivy writes; empty where it does not."""
    name, version, release, epoch = (
        properties.get(f"{_TRIVY}{one}", "") for one in ("Name", "Version", "Release", "Epoch")
    )
    if not name or not version:
        return ("", "")
    version = f"{version}-{release}" if release else version
    return (name, f"{epoch}:{version}" if epoch.strip("0") and ":" not in version else version)
