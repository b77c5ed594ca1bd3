"""Asks AWS, and turns whatever goes wrong into the errors of the contract. The texts of AWS's answers are never shown.

boto3 comes with the extra `secscan[aws]` and is imported when AWS is asked, not before.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

from secscan.stores.aws.settings import AwsSettings
from secscan.stores.contract import AuthenticationFailed, Denied, Missing, StoreError, Unavailable
from secscan.stores.line import origin

_TRIES = 4
"""Of one question, with the waits of botocore's mode `standard` between them."""
_MOST_PAGES = 100_000

_MISSING = frozenset({"ResourceNotFoundException", "ParameterNotFound", "ParameterVersionNotFound"})
_NOBODY = frozenset(
    {
        "UnrecognizedClientException", "InvalidClientTokenId", "ExpiredToken", "ExpiredTokenException",
        "RequestExpired", "InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature",
        "IncompleteSignatureException",
        "MissingAuthenticationToken", "MissingAuthenticationTokenException", "AuthFailure", "OptInRequired",
    }
)  # fmt: skip
"""The codes that say who asks is not known: "Common Errors" of AWS's API references."""
_NOW_NOT = re.compile(r"(?i)throttl|toomanyrequests|limitexceeded|slowdown|unavailable|internal|timeout")
_XML_CODE = re.compile(r"<Code>([A-Za-z.]{1,60})</Code>")
"""In the place of JSON, as front ends answer for services of all kinds."""
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,60}|\d{3}")


class Refused(StoreError):
    """AWS answered that it does not do this, now or at all. What stands in `code` is AWS's own word for it."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message, hint="see what AWS's reference says of it")
        self.code = code


class AwsClient:
    """One service of AWS, for any number of threads."""

    def __init__(self, service: str, settings: AwsSettings) -> None:
        """Connects to nothing. Raises `StoreError`, and `AuthenticationFailed` where a profile is wrong."""
        try:
            import boto3
            import botocore.exceptions
            import botocore.parsers
            from botocore.config import Config
        except ImportError:
            raise StoreError(
                "AWS cannot be asked: boto3 is not installed", hint="install it with: pip install 'secscan[aws]'"
            ) from None
        logging.getLogger("botocore").setLevel(logging.WARNING)  # below that it logs whole answers
        self._errors = botocore.exceptions
        self._unreadable = botocore.parsers.ResponseParserError
        config = Config(
            connect_timeout=settings.seconds,
            read_timeout=settings.seconds,
            retries={"mode": "standard", "total_max_attempts": _TRIES},
            max_pool_connections=settings.workers,
        )
        try:
            session = boto3.session.Session(region_name=settings.region or None)
            self._client: Any = session.client(service, endpoint_url=settings.endpoint or None, config=config)
        except self._errors.BotoCoreError as error:
            raise self._said(error, service) from None
        origin(self._client.meta.endpoint_url, who="AWS")  # whoever named it: https, or this very machine

    def ask(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """One question. Raises `Denied`, `Missing`, `AuthenticationFailed`, `Unavailable`, `Refused`."""
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(**arguments)
        except self._errors.ClientError as error:
            raise _refusal(error.response, operation) from None
        except (self._errors.BotoCoreError, self._unreadable) as error:
            raise self._said(error, operation) from None
        return answer

    def pages(self, operation: str, key: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        """Every item below `key` of all pages of an answer. Raises as `ask` does."""
        token = ""
        for _ in range(_MOST_PAGES):
            answer = self.ask(operation, **arguments, **({"NextToken": token} if token else {}))
            yield from expect(answer, key, list)
            following = answer.get("NextToken") or ""
            if not following:
                return
            if following == token:
                break
            token = following
        raise not_aws()

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def _said(self, error: Exception, operation: str) -> StoreError:
        """What an error is that is no answer of AWS. Its text is left out: it can hold parts of one."""
        errors, name = self._errors, type(error).__name__
        if isinstance(error, self._unreadable):
            return not_aws()
        if isinstance(error, errors.NoRegionError | errors.InvalidRegionError | errors.UnknownRegionError):
            return StoreError("nobody says which region of AWS is meant", hint="set aws.region, or AWS_REGION")
        if isinstance(
            error,
            errors.NoCredentialsError | errors.PartialCredentialsError | errors.CredentialRetrievalError
            | errors.ProfileNotFound | errors.TokenRetrievalError | errors.SSOError | errors.NoAuthTokenError,
        ):  # fmt: skip
            return AuthenticationFailed(
                f"nobody is logged in to AWS ({name})",
                hint="give the job a role, or set AWS_PROFILE",
            )
        if isinstance(error, errors.HTTPClientError | errors.ConnectionError):
            return Unavailable(
                f"AWS does not answer ({name}, {operation})", hint="check region, endpoint and the network; try again"
            )
        return StoreError(f"AWS cannot be asked ({name}, {operation})", hint="check the settings and boto3's files")


def expect(answer: Any, key: str, kind: type) -> Any:
    """Return a part of an answer. Raises `Unavailable` where it is not there: then AWS did not answer."""
    found = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(found, kind):
        raise not_aws()
    return found


def not_aws() -> Unavailable:
    """What answers is something else."""
    return Unavailable("what answers is not AWS", hint="check the endpoint, and what stands between")


def _refusal(response: Any, operation: str) -> StoreError:
    told, about = response.get("Error") or {}, response.get("ResponseMetadata") or {}
    status, code = about.get("HTTPStatusCode", 0), str(told.get("Code", ""))
    if code.isdecimal() and (found := _XML_CODE.search(str(told.get("Message", ""))[:4000])):
        code = found[1]
    code = code if _CODE.fullmatch(code) else "an unknown code"
    what = f"{operation}: {code}"
    if code in _NOBODY:
        return AuthenticationFailed(f"AWS does not know who asks ({what})", hint="log in again; check the job's role")
    if status == 403 and code.isdecimal():  # not in AWS's own words
        return AuthenticationFailed(f"what answers lets nobody in ({what})", hint="log in again; check the endpoint")
    if "AccessDenied" in code or status == 403:
        return Denied(f"AWS refuses {what}", hint="give the role this permission, and kms:Decrypt for the key")
    if code in _MISSING:
        return Missing(f"AWS has nothing there ({what})", hint="check the name")
    if status >= 500 or status == 429 or _NOW_NOT.search(code):
        return Unavailable(f"AWS is in trouble ({what})", hint="try again later, with fewer workers")
    if 300 <= status < 400 or not status >= 400:
        return not_aws()
    return Refused(f"AWS does not do {what}", code)
