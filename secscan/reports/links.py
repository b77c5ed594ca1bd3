"""Links from a finding to its line on the platform that holds the repository.

The repository's own word for its address is believed only of hosts that everybody knows; of every other host the
platform must have told us, by the address of the CI run that made the scan.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from secscan.commit_id import is_commit_id
from secscan.findings.model import Finding
from secscan.findings.paths import decode_path
from secscan.findings.scan import Scan

_HOSTS = {"github.com": "blob", "gitlab.com": "-/blob"}
_REPOSITORY = re.compile(
    r"(?:https?|ssh|git)://(?:ssh\.)?(?P<host>[\w.-]+)/(?P<path>[\w.-]+(?:/[\w.-]+?)+?)(?:\.git)?/?"
)
_CI_RUNS = (
    (re.compile(r"(?P<base>https?://[\w.:-]+/(?P<path>[\w.-]+/[\w.-]+))/actions/runs/\d+"), "blob"),
    (re.compile(r"(?P<base>https?://[\w.:-]+/(?P<path>[\w.-]+(?:/[\w.-]+)+))/-/jobs/\d+"), "-/blob"),
)
_WITH_FILES = frozenset({"tree", "diff", "paths", "commit", "commits", "history"})


def finding_link(scan: Scan, finding: Finding) -> str:
    """Return the address of a finding's line; empty where nobody knows it, or the file may be another there."""
    base, introduced, region = _blobs(scan), finding.introduced, finding.location.region
    commit = introduced.commit if introduced and not introduced.in_head else scan.target.revision
    if not base or not is_commit_id(commit) or scan.target.dirty or scan.target.kind not in _WITH_FILES:
        return ""
    path = quote(decode_path(scan.target.prefix + finding.location.path), safe="/-._~")
    return f"{base}/{commit}/{path}{f'#L{region.start_line}' if region else ''}"


def _blobs(scan: Scan) -> str:
    """Where the repository's files lie on its platform; empty where that is not known."""
    repository = _REPOSITORY.fullmatch(scan.target.repository)
    for pattern, folder in _CI_RUNS:
        run = pattern.fullmatch(scan.run.ci) if scan.run else None
        # What a CI run scans need not be what it runs for.
        if run and (not repository or repository["path"].lower() == run["path"].lower()):
            return f"{run['base']}/{folder}"
    if repository and repository["host"] in _HOSTS:
        return f"https://{repository['host']}/{repository['path']}/{_HOSTS[repository['host']]}"
    return ""
