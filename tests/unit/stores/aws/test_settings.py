"""The section `aws` of trusted settings."""

from __future__ import annotations

import pytest

from secscan.errors import ConfigError
from secscan.stores.aws.settings import AwsSettings, parse
from secscan.yamlfile import load_mapping


def read(text: str) -> AwsSettings:
    return parse(load_mapping(text.encode(), origin="secscan.yaml", error=ConfigError))


def test_everything_that_can_be_said() -> None:
    text = (
        "{region: eu-central-1, endpoint: 'https://aws.corp.example', include: [prod/], services: [ssm, ssm],"
        " workers: 2, seconds: 1.5}"
    )
    assert read(text) == AwsSettings(
        region="eu-central-1",
        endpoint="https://aws.corp.example",
        include=("prod/",),
        services=("ssm",),
        workers=2,
        seconds=1.5,
    )


def test_a_file_that_says_nothing_means_all_of_both_services() -> None:
    settings = read("{}")
    assert settings == AwsSettings()
    assert settings.services == ("secretsmanager", "ssm")
    assert settings.covers("anything")


def test_scope_is_the_beginning_of_a_name() -> None:
    settings = AwsSettings(include=("prod/", "/prod/"))
    assert [name for name in ("prod/db", "/prod/db", "test/prod/db", "prod") if settings.covers(name)] == [
        "prod/db",
        "/prod/db",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{regoin: x}", "regoin: unknown field"),
        ("{services: []}", "services: no service is named"),
        ("{services: [s3]}", "services[0]: 's3' is not one of secretsmanager, ssm"),
        ("{workers: 0}", "workers: 0 is not from 1 to 64"),
        ("{include: prod}", "include: expected a list"),
    ],
)
def test_what_is_wrong_is_named(text: str, problem: str) -> None:
    with pytest.raises(ConfigError) as told:
        read(text)
    assert problem in told.value.message
    assert told.value.hint
