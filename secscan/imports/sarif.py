"""SARIF 2.1.0 of any tool: its results, its own word on how it went, and what it says of its rules.

A result that the tool calls suppressed is a result: who suppressed it was not asked here. What a proposed fix would
change is not read. Fingerprints of other tools are not taken over: ours are made from the file itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from secscan.findings.defects import DEFECTS
from secscan.findings.levels import Confidence, GapKind, Kind, Severity
from secscan.findings.model import Cvss, Package
from secscan.findings.model import Region as OurRegion
from secscan.imports.contract import (
    Found,
    Said,
    class_for,
    confidence_named,
    counted,
    cut,
    cwes_in,
    region_of,
    severity_named,
    severity_scored,
    vulnerabilities_in,
)
from secscan.imports.packages import package_of
from secscan.imports.places import Places
from secscan.imports.sarif_model import (
    ArtifactLocation,
    Component,
    Location,
    Log,
    Message,
    Notification,
    Reference,
    Region,
    Result,
    Rule,
    Run,
)
from secscan.scanners.bandit import CLASSES as BANDIT_CLASSES
from secscan.scanners.contract import MalformedOutput
from secscan.scanners.hadolint import CLASSES as HADOLINT_CLASSES
from secscan.scanners.toolkit import typed

_CLASSES = {"bandit": BANDIT_CLASSES, "hadolint": HADOLINT_CLASSES}
"""Classes by the rules of tools that we know; their weaknesses' numbers are wrong too often."""
_OURS = "secscan"
_NO_DEFECT = frozenset({"pass", "notApplicable"})
_SECRET_TOOLS = frozenset({"gitleaks", "betterleaks", "kingfisher", "trufflehog", "detect-secrets"})
_SETTINGS_TOOLS = frozenset({"checkov", "hadolint", "kics", "tfsec", "terrascan", "kubesec"})
_SETTINGS_TAGS = frozenset({"misconfiguration", "iac", "infrastructure-as-code"})
_PLACEHOLDER = re.compile(r"\{(\d{1,2})\}")
_MOST_BASES = 20


def is_sarif(document: dict[str, Any]) -> bool:
    """Whether a document is of this format."""
    return "runs" in document


def read_sarif(document: dict[str, Any], places: Places, origin: str) -> Iterator[Said]:
    """Yield what the tool of each run says. Raises `MalformedOutput`."""
    log: Log = typed(document, Log, tool=origin)
    if log.version != "2.1.0":
        raise MalformedOutput(f"it is SARIF {log.version[:20]!r}; 2.1.0 is read")
    counted([result for run in log.runs for result in run.results or ()])
    for run in log.runs:
        yield _Reader(run, places, origin).said()


class _Reader:
    """One run."""

    def __init__(self, run: Run, places: Places, origin: str) -> None:
        driver = run.tool.driver
        self._run = run
        self._origin = origin
        self._tool = driver.name
        self._is_ours = driver.name == _OURS
        self._said = Said(driver.name, places, version=cut(driver.semantic_version or driver.version, 60))
        self._components: tuple[Component, ...] = (driver, *run.tool.extensions)
        self._by_id = {rule.id: rule for component in self._components for rule in component.rules}
        self._bases = tuple(filter(None, (self._base(name) for name in list(run.original_uri_base_ids)[:_MOST_BASES])))
        self._bases += tuple(filter(None, (self._uri(one.working_directory) for one in run.invocations[:5])))

    def said(self) -> Said:
        run, said = self._run, self._said
        if run.results is None:
            said.failed = "it says nothing of results, so it did not look"
        for invocation in run.invocations:
            if not invocation.execution_successful:
                said.failed = cut(invocation.exit_code_description, 300) or "it says itself that it did not succeed"
            for one in (*invocation.tool_execution_notifications, *invocation.tool_configuration_notifications):
                self._hear(one)
        for result in run.results or ():
            if result.kind not in _NO_DEFECT and result.baseline_state != "absent":
                self._take(result)
        return said

    def _hear(self, one: Notification) -> None:
        """An error is a gap, and so is what our own reports call one; the rest is a remark."""
        text = self._text(one.message, Rule()) or one.descriptor.id
        place = next(iter(one.locations), Location()).physical_location
        own_gap = _word(one.properties, "gap")
        if self._is_ours and own_gap in set(GapKind):
            self._said.gap(GapKind(own_gap), _word(one.properties, "subject"), text)
        elif one.level == "error":
            path = self._said.places.path_of(self._uri(place.artifact_location), self._bases)
            self._said.gap(GapKind.INTERNAL, path or self._origin, text, line=max(place.region.start_line, 0))
        elif text:
            self._said.remarks.append(cut(text, 500))

    def _take(self, result: Result) -> None:
        rule = self._rule(result)
        found = self._found(result, rule, result.locations[0] if result.locations else Location())
        self._said.add(found)
        if self._is_ours and found.kind is Kind.SECRET:
            # Further places of the same secret, which are findings of their own.
            for place in result.related_locations:
                self._said.add(self._found(result, rule, place))

    def _found(self, result: Result, rule: Rule, place: Location) -> Found:
        own = result.properties if self._is_ours else {}
        where = place.physical_location
        kind = self._kind(result, rule)
        cwes = _cwes(result, rule)
        rule_id = result.rule_id or result.rule.id or rule.id
        known = _CLASSES.get(self._tool.lower(), {}).get(rule_id, "")
        own_class = _word(own, "class")
        logical = next(iter(place.logical_locations), None)
        text = self._text(result.message, rule)
        names = (
            *_words(own, "identifiers"),
            *(f"CWE-{cwe}" for cwe in cwes if not known),
            *vulnerabilities_in(rule_id),
        )
        title = _word(rule.properties, "title") or rule.short_description.text
        return Found(
            kind=kind,
            rule=rule_id,
            title=title if kind in (Kind.DEPENDENCY, Kind.CONTAINER, Kind.LICENCE) else "",
            message=text or rule.full_description.text or rule.short_description.text,
            severity=severity_named(_word(own, "severity")) if own else _severity(result, rule),
            confidence=confidence_named(_word(own, "confidence")) if own else _confidence(result, rule),
            defect=own_class if own_class in DEFECTS else known or class_for(kind, cwes),
            uri=self._uri(where.artifact_location),
            bases=self._bases,
            region=_region(where.region),
            symbol=(logical.fully_qualified_name or logical.name) if logical else "",
            package=_package(own),
            identifiers=tuple(dict.fromkeys(names)),
            cvss=tuple(Cvss(vector=cut(one, 200)) for one in _words(own, "cvss")[:8]),
            remediation=_word(own, "remediation") or next((fix.description.text for fix in result.fixes), ""),
            links=_words(own, "references"),
            url=rule.help_uri,
            trace=tuple(self._steps(result)),
            notes=tuple(_suppressed(result)),
        )

    def _steps(self, result: Result) -> Iterator[tuple[str, OurRegion, str]]:
        flows = [flow for code in result.code_flows[:1] for flow in code.thread_flows[:1]]
        for step in (step for flow in flows for step in flow.locations):
            where = step.location.physical_location
            region = _region(where.region)
            if region is not None:
                yield self._uri(where.artifact_location), region, step.location.message.text

    def _rule(self, result: Result) -> Rule:
        """The rule of a result: by its index in the component that it names, else by its id."""
        index = result.rule.index if result.rule.index >= 0 else result.rule_index
        at = result.rule.tool_component.index + 1
        rules = self._components[at].rules if 0 <= at < len(self._components) else []
        named = result.rule_id or result.rule.id
        found = rules[index] if 0 <= index < len(rules) else None
        if found is not None and (not named or named == found.id or named.startswith(f"{found.id}/")):
            return found
        return self._by_id.get(named) or self._by_id.get(named.partition("/")[0]) or Rule()

    def _kind(self, result: Result, rule: Rule) -> Kind:
        own = _word(result.properties, "kind") if self._is_ours else ""
        if own in set(Kind):
            return Kind(own)
        tags = {tag.lower() for tag in (*_words(rule.properties, "tags"), *_words(result.properties, "tags"))}
        tool = self._tool.lower().partition(" ")[0]
        if tags & {"secret", "secrets"} or tool in _SECRET_TOOLS:
            return Kind.SECRET
        if vulnerabilities_in(result.rule_id or rule.id):
            return Kind.DEPENDENCY
        return Kind.MISCONFIGURATION if tags & _SETTINGS_TAGS or tool in _SETTINGS_TOOLS else Kind.SAST

    def _uri(self, location: ArtifactLocation) -> str:
        if not location.uri and 0 <= location.index < len(self._run.artifacts):
            location = self._run.artifacts[location.index].location
        return self._joined(location, ())

    def _base(self, name: str) -> str:
        return self._joined(ArtifactLocation(uri_base_id=name), ())

    def _joined(self, location: ArtifactLocation, seen: tuple[str, ...]) -> str:
        """The URI with what its base stands for before it; bases may have bases, but not for ever."""
        name, uri = location.uri_base_id, location.uri
        if not name or name in seen or len(seen) > _MOST_BASES or uri.startswith(("/", "file:")):
            return uri
        base = self._run.original_uri_base_ids.get(name)
        head = self._joined(base, (*seen, name)) if base is not None else ""
        return f"{head.rstrip('/')}/{uri}" if head and uri else head or uri

    def _text(self, message: Message, rule: Rule) -> str:
        text = message.text or rule.message_strings.get(message.id, Message()).text
        arguments = message.arguments

        def argument(found: re.Match[str]) -> str:
            at = int(found[1])
            return arguments[at] if at < len(arguments) else found[0]

        return _PLACEHOLDER.sub(argument, text[:20_000]) if arguments else text


def _region(region: Region) -> OurRegion | None:
    return region_of(region.start_line, region.start_column, region.end_line, region.end_column)


def _severity(result: Result, rule: Rule) -> Severity:
    """By the score of the rule, as code scanning platforms do, else by the tool's own word, else by the level."""
    for holder in (result.properties, rule.properties):
        scored = severity_scored(holder.get("security-severity"))
        if scored is not Severity.UNKNOWN:
            return scored
    for holder in (result.properties, rule.properties):
        for name in ("issue_severity", "severity"):
            named = severity_named(_word(holder, name))
            if named is not Severity.UNKNOWN:
                return named
    if result.kind == "informational":
        return Severity.INFO
    return severity_named(result.level or rule.default_configuration.level or "warning")


def _confidence(result: Result, rule: Rule) -> Confidence:
    if result.kind == "open":
        # The tool did not know enough to decide.
        return Confidence.LOW
    words = (_word(result.properties, "issue_confidence"), _word(rule.properties, "precision"))
    return confidence_named(next(filter(None, words), ""))


def _cwes(result: Result, rule: Rule) -> tuple[int, ...]:
    def of(one: Reference) -> str:
        return f"CWE-{one.id}" if one.tool_component.name.upper() == "CWE" and one.id.isdecimal() else one.id

    texts = [*_words(rule.properties, "tags"), *_words(rule.properties, "cwe"), *_words(result.properties, "cwe")]
    texts += [of(one.target) for one in rule.relationships]
    return cwes_in(*texts, *(of(one) for one in result.taxa))


def _suppressed(result: Result) -> Iterator[str]:
    for one in result.suppressions[:5]:
        why = f": {one.justification}" if one.justification else ""
        yield f"its tool calls it suppressed ({one.kind or 'by somebody'}, {one.status}), which hides nothing here{why}"


def _package(own: dict[str, Any]) -> Package | None:
    purl = _word(own, "purl")
    return package_of(purl, fixed=_words(own, "fixedVersions")) if purl else None


def _word(holder: dict[str, Any], name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""


def _words(holder: dict[str, Any], name: str) -> tuple[str, ...]:
    value = holder.get(name)
    if isinstance(value, str):
        return (value,)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
