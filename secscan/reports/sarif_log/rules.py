"""Rules: a class of defect or, for a vulnerable package, the advisory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from secscan.findings.defects import Defect, defect
from secscan.findings.levels import Severity
from secscan.findings.model import Finding
from secscan.reports.escape import markdown, markdown_code, plain, sarif_text, web_link
from secscan.reports.present import main_identifier
from secscan.reports.sarif_log.cwe import cwe_ids, relationship, tag
from secscan.reports.sarif_log.numbers import numbered
from secscan.reports.sarif_log.words import HOME, LEVELS, PRECISION, PROBLEMS, pascal, score, sentence

MESSAGE = "found"
"""Id of the one message of each rule."""

_MOST_TAGS = 20
_MOST_REFERENCES = 10
_SEVERITY_NUMBERS = {
    Severity.UNKNOWN: 0,
    Severity.CRITICAL: 1,
    Severity.HIGH: 2,
    Severity.MEDIUM: 3,
    Severity.LOW: 4,
    Severity.INFO: 5,
}


def advisory_of(finding: Finding) -> str:
    """The advisory that a finding of a package is about; empty for every other finding."""
    return plain(main_identifier(finding)) if finding.package is not None else ""


def rule_id(finding: Finding) -> str:
    """The rule of a finding: the advisory of a vulnerable package, else the class of defect."""
    return advisory_of(finding) or numbered(finding.defect)


def rule_id_by_severity(finding: Finding) -> str:
    """The same for platforms that know one severity per rule: a class of defect has one rule for each severity.

    It follows from the finding alone, so that no alert changes its rule because another was fixed. An advisory has one
    score, so it stays one rule, with the severity of its worst finding.
    """
    return advisory_of(finding) or f"{numbered(finding.defect)}-{_SEVERITY_NUMBERS[finding.severity]}"


def build_rule(
    name: str, findings: Sequence[Finding], cwes: Mapping[str, int], *, by_severity: bool = False
) -> dict[str, Any]:
    """Return the rule that these findings share. Its severity is that of the worst of them.

    `cwes` are the taxa of the log by their ids; `by_severity`: the rule is one of several of its class.
    """
    worst = min(findings, key=lambda one: (one.severity.order, -(_cvss(one) or 0)))
    about = defect(worst.defect)
    advisory = bool(advisory_of(worst))
    level = LEVELS[worst.severity]
    title = sarif_text(worst.title) if advisory else about.title
    to_do = sarif_text(worst.remediation or about.remedy) if advisory else about.remedy
    named = cwe_ids(findings)
    references = dict.fromkeys(ref for one in findings for ref in one.references)
    links = [link for ref in references if (link := web_link(ref))]
    severity = f" ({worst.severity} severity)" if by_severity and not advisory else ""
    properties: dict[str, Any] = {
        "tags": ["security", *(tag(cwe) for cwe in named)][:_MOST_TAGS],
        "precision": PRECISION[min((one.confidence for one in findings), key=lambda one: one.order)],
        "problem.severity": PROBLEMS[level],
        "class": about.id,
    }
    if number := score(worst.severity, _cvss(worst)):
        properties["security-severity"] = number
    rule: dict[str, Any] = {
        "id": name,
        "name": pascal(about.id),
        "shortDescription": {"text": sentence(f"{title}{severity}")},
        "fullDescription": {"text": sentence(title if advisory else f"{title}. {to_do}")},
        "help": {"text": sentence(to_do), "markdown": _help(worst, about, to_do, named, links)},
        "helpUri": links[0] if advisory and links else f"{HOME}/classes#{about.id}",
        "messageStrings": {MESSAGE: {"text": f"{about.title} in '{{0}}', reported by '{{1}}'."}},
        "defaultConfiguration": {"level": level},
        "properties": properties,
    }
    if relationships := [relationship(cwe, cwes[cwe]) for cwe in named if cwe in cwes]:
        rule["relationships"] = relationships
    return rule


def _help(worst: Finding, about: Defect, to_do: str, cwes: Sequence[str], links: Sequence[str]) -> str:
    """What to do and where to read more, as Markdown."""
    parts = [f"**What to do**\n\n{markdown(to_do)}"]
    package = worst.package
    if package is not None and package.fixed_versions:
        versions = ", ".join(markdown_code(one) for one in package.fixed_versions)
        parts.append(f"**Fixed versions** of {markdown_code(package.name)}\n\n{versions}")
    more = [f"[{cwe}](https://cwe.mitre.org/data/definitions/{cwe[4:]}.html)" for cwe in cwes]
    more += [f"<{link}>" for link in islice(links, _MOST_REFERENCES) if not set(link) & set("<>\\")]
    if more:
        parts.append("**Read more**\n\n" + "\n".join(f"* {one}" for one in more))
    parts.append(f"Class of defect: `{about.id}`")
    return "\n\n".join(parts)


def _cvss(finding: Finding) -> float | None:
    return max((one.score for one in finding.cvss if one.score is not None), default=None)
