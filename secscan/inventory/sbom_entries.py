"""What the SBOM readers share: a component with a package URL as a package, any other as a gap by name."""

from __future__ import annotations

from dataclasses import dataclass, field

from secscan.findings.levels import GapKind
from secscan.inventory.contract import Declared, Inventory, Label, Scope, gap, joined, placed
from secscan.inventory.graph import told
from secscan.inventory.names import parse_purl


@dataclass
class Components:
    """Collects the components of one SBOM, and who asks for whom."""

    path: str
    parts: list[Inventory] = field(default_factory=list)
    labels: dict[str, Label] = field(default_factory=dict)
    """Packages by the id that the SBOM gives to their component."""
    asked: dict[str, list[str]] = field(default_factory=dict)
    """Ids of what a component asks for, by its own id."""

    def add(
        self, ref: str, name: str, purl: str, *, line: int, scope: Scope = Scope.UNKNOWN, licence: str = ""
    ) -> None:
        """Add one component. Its package URL says what it is; without one nothing is known of it."""
        try:
            ecosystem, package, version = parse_purl(purl)
        except ValueError as error:
            self._gap(
                name, f"its package URL is none that is known: {error}" if purl else "it has no package URL", line
            )
            return
        if not version:
            self._gap(name, "its package URL names no version", line)
            return
        found = Declared(package, version, ecosystem, self.path, line, scope=scope, licence=licence)
        self.parts.append(Inventory(packages=(found,)))
        self.labels.setdefault(ref, (package, version))

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
        whole = joined(self.parts)
        if not self.asked.get(root):
            return whole
        asks_for: dict[Label, list[Label]] = {}
        for ref, children in self.asked.items():
            if ref in self.labels:
                asks_for.setdefault(self.labels[ref], []).extend(self._packages(children))
        roots = [(Scope.UNKNOWN, self._packages(self.asked[root]))]
        return Inventory(packages=told(whole.packages, roots, asks_for), gaps=whole.gaps)

    def _packages(self, refs: list[str]) -> list[Label]:
        return [self.labels[ref] for ref in refs if ref in self.labels]
