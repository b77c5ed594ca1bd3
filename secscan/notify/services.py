"""The services that can be told."""

from __future__ import annotations

from secscan.notify.contract import Service
from secscan.notify.opsgenie import OPSGENIE
from secscan.notify.pagerduty import PAGERDUTY
from secscan.notify.slack import SLACK
from secscan.notify.teams import TEAMS
from secscan.notify.webhook import WEBHOOK

SERVICES: dict[str, Service] = {one.name: one for one in (SLACK, TEAMS, PAGERDUTY, OPSGENIE, WEBHOOK)}
"""By name."""
