"""Sends news to channels, all at once, each with few and short tries. How it ended is a value, without any address."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from secscan.errors import SecscanError
from secscan.http.line import Answer, Failure, Line, LineError, endpoint
from secscan.notify.contract import Message, News, Service, Unfit
from secscan.notify.services import SERVICES
from secscan.notify.settings import Channel
from secscan.secrets.secret import Secret

Reveal = Callable[[str], str]
"""Gives the secret behind `env:NAME` or `vault:MOUNT/PATH#FIELD`. Raises `SecscanError` whose text does not hold it."""

SECONDS = 5.0
"""Most time for connecting, and for one answer."""
_TRIES = 3
_FIRST_WAIT = 1.0
"""Seconds before the second try, doubled for the third."""
_LONGEST_WAIT = 10.0
"""Seconds; a service that wants us to wait longer is not told."""
_BUDGET = 20.0
"""Seconds after which there is no further try."""
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Ended:
    """How telling one channel ended."""

    channel: str
    problem: str = ""
    """Why it was not told; empty where it was."""
    hint: str = ""


def send(news: Mapping[str, News], channels: tuple[Channel, ...], reveal: Reveal) -> tuple[Ended, ...]:
    """Tell each channel the news under its name, in the order of the channels."""
    if not channels:
        return ()
    with ThreadPoolExecutor(max_workers=len(channels), thread_name_prefix="secscan-notify") as pool:
        return tuple(pool.map(lambda one: _tell(one, news[one.name], reveal), channels))


def _tell(channel: Channel, news: News, reveal: Reveal) -> Ended:
    service = SERVICES[channel.service]
    try:
        secrets = {name: Secret(reveal(place), "notification") for name, place in channel.secrets.items()}
        for message in service.messages(news, secrets, channel.options):
            problem, hint = _post(message, service)
            if problem:
                return Ended(channel.name, problem, hint)
    except Unfit as error:
        return Ended(channel.name, str(error), f"check what {_places(channel)} holds")
    except LineError as error:
        return Ended(channel.name, error.message, f"{error.hint} ({_places(channel)})")
    except SecscanError as error:
        return Ended(channel.name, error.message, error.hint)
    return Ended(channel.name)


def _places(channel: Channel) -> str:
    return ", ".join(channel.secrets.values())


def _post(message: Message, service: Service) -> tuple[str, str]:
    """Send one message; return what is wrong and what to do, both empty where it arrived."""
    end, target = endpoint(message.url, service.name)
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "secscan"} | dict(message.headers)
    line = Line(end, seconds=SECONDS, ca_setting="SSL_CERT_FILE")
    started = time.monotonic()
    try:
        for tried in range(1, _TRIES + 1):
            outcome = line.send("POST", target, headers, message.body)
            if isinstance(outcome, Answer) and service.arrived(outcome):
                return "", ""
            wait = _wait(outcome, tried)
            if tried == _TRIES or wait is None or time.monotonic() - started + wait > _BUDGET:
                break
            time.sleep(wait)
    finally:
        line.close()
    return _said(outcome)


def _wait(outcome: Answer | Failure, tried: int) -> float | None:
    """Seconds before the next try; None where another one would not help."""
    again = outcome.again if isinstance(outcome, Failure) else outcome.status in _AGAIN
    asked = outcome.retry_after if isinstance(outcome, Answer) else 0.0
    seconds = max(_FIRST_WAIT * 2 ** (tried - 1), asked)
    return seconds if again and seconds <= _LONGEST_WAIT else None


def _said(outcome: Answer | Failure) -> tuple[str, str]:
    """What went wrong. What the service says of it stays unsaid: it may repeat the address, or what was sent."""
    if isinstance(outcome, Failure):
        return f"it cannot be reached: {outcome.what}", outcome.hint
    status = outcome.status
    if 200 <= status < 300:
        return (
            f"it answered ({status}), but not as this service does",
            "check the address, and proxies on the way",
        )
    if 300 <= status < 400:
        return f"it answered with a redirect ({status}), which is not followed", "name the address that answers itself"
    if status == 429:
        return "it takes no more messages for now (429)", "it will be told by the next scan; send less often"
    if status in {401, 403, 404, 410}:
        return f"it refused the message ({status})", "check the address or key; it may have been withdrawn"
    if status >= 500:
        return f"it is in trouble ({status})", "it will be told by the next scan"
    return f"it refused the message ({status})", "please report it: secscan may have sent what it does not take"
