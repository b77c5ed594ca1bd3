"""The one comment of secscan on a pull request, over GitHub's REST API: made once, and then replaced.

It is found by its hidden mark and by its author. Anybody can write the mark into a comment of his own; were that one
replaced, he would stay its author and could change the verdict in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from secscan.ci.event import number_at, read_event
from secscan.errors import ReportError, SecscanError
from secscan.http.line import Failure, Line, origin

AUTHOR = "github-actions[bot]"
"""Who writes with the token of a run. Brackets stand in no person's name."""

_PER_PAGE = 100
_MOST_PAGES = 100
_SECONDS = 20.0
_VERSION = "2022-11-28"


@dataclass(frozen=True)
class PullRequest:
    """Where the comment goes."""

    api: str
    """Address of the API."""
    repository: str
    number: int
    token: str
    author: str = AUTHOR


def pull_request_of(environment: Mapping[str, str], token: str, author: str) -> PullRequest | None:
    """Return the pull request that this run is for; None where it is for none."""
    number = number_at(read_event(environment), "pull_request", "number")
    if not environment.get("GITHUB_EVENT_NAME", "").startswith("pull_request") or not number:
        return None
    return PullRequest(
        api=environment.get("GITHUB_API_URL", ""),
        repository=environment.get("GITHUB_REPOSITORY", ""),
        number=number,
        token=token,
        author=author or AUTHOR,
    )


def put_comment(there: PullRequest, body: str, mark: str) -> str:
    """Make the comment, or replace the one with this mark, and say which. Raises `ReportError`."""
    try:
        line = Line(origin(there.api, "GitHub"), seconds=_SECONDS)
    except SecscanError as error:
        raise ReportError(error.message, hint=error.hint) from error
    try:
        found = _find(line, there, mark)
        if found:
            _ask(line, there, "PATCH", f"/issues/comments/{found}", {"body": body})
            return "replaced"
        _ask(line, there, "POST", f"/issues/{there.number}/comments", {"body": body})
        return "made"
    finally:
        line.close()


def _find(line: Line, there: PullRequest, mark: str) -> int:
    """The id of our comment; 0 where there is none."""
    for page in range(1, _MOST_PAGES + 1):
        some = _ask(line, there, "GET", f"/issues/{there.number}/comments?per_page={_PER_PAGE}&page={page}")
        if not isinstance(some, list):
            raise ReportError("GitHub's API answered no list of comments", hint="check the address of the API")
        for one in some:
            if _is_ours(one, there.author, mark):
                return number_at(one, "id")
        if len(some) < _PER_PAGE:
            return 0
    raise ReportError("there are too many comments to find ours", hint="switch the comment off")


def _is_ours(comment: Any, author: str, mark: str) -> bool:
    if not isinstance(comment, dict) or not isinstance(comment.get("user"), dict):
        return False
    body = comment.get("body")
    return comment["user"].get("login") == author and isinstance(body, str) and body.startswith(mark)


def _ask(line: Line, there: PullRequest, method: str, place: str, document: object = None) -> Any:
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {there.token}",
        "User-Agent": "secscan",
        "X-GitHub-Api-Version": _VERSION,
    }
    body = None
    if document is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(document).encode("ascii")
    answer = line.send(method, f"/repos/{there.repository}{place}", headers, body)
    if isinstance(answer, Failure):
        raise ReportError(f"GitHub's API could not be asked: {answer.what}", hint=answer.hint)
    if answer.status not in (200, 201):
        raise ReportError(
            f"GitHub's API refused the comment (status {answer.status})",
            hint="give the job `permissions: pull-requests: write`",
        )
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise ReportError("GitHub's API answered no JSON", hint="check the address of the API") from error
