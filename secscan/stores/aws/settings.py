"""How AWS is asked: the section `aws` of trusted settings.

    aws:
      region: eu-central-1              # or AWS_REGION, AWS_DEFAULT_REGION, or that of the profile
      services: [secretsmanager, ssm]
      include: [prod/, /prod/]          # beginnings of names; empty: everything that the role may list
      endpoint: https://aws.corp.example    # in place of AWS's own
      workers: 8
      seconds: 10                       # for one answer

Who asks is boto3's own choice: the variables `CREDENTIALS`, the files in the home directory of the caller, or the role
of the machine. Nothing of it is taken from what is scanned. The role needs secretsmanager:ListSecrets,
secretsmanager:ListSecretVersionIds, secretsmanager:GetSecretValue, ssm:DescribeParameters, ssm:GetParameterHistory, and
kms:Decrypt for the keys in use.
"""

from __future__ import annotations

from dataclasses import dataclass

from secscan.yamlfile import Fields, Node

SECRETS_MANAGER = "secretsmanager"
PARAMETERS = "ssm"
SERVICES = (SECRETS_MANAGER, PARAMETERS)

CREDENTIALS = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION",
    "AWS_DEFAULT_REGION", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_CA_BUNDLE",
    "AWS_EC2_METADATA_DISABLED",
)  # fmt: skip
"""The variables that say who asks. boto3 reads them from the process, so a child that asks needs them there."""


@dataclass(frozen=True, kw_only=True)
class AwsSettings:
    """See the module. The defaults are those of a file that says nothing."""

    region: str = ""
    endpoint: str = ""
    include: tuple[str, ...] = ()
    services: tuple[str, ...] = SERVICES
    workers: int = 8
    seconds: float = 10.0
    """Most time for one answer."""

    def covers(self, name: str) -> bool:
        """Whether an entry is in scope."""
        return not self.include or name.startswith(self.include)


def parse(node: Node) -> AwsSettings:
    """Read the section `aws`. Raises the error of the file it stands in, with line and field."""
    top = Fields(node, known=("region", "endpoint", "include", "services", "workers", "seconds"))
    usual = AwsSettings()
    region, endpoint, include = top.optional("region"), top.optional("endpoint"), top.optional("include")
    services, workers, seconds = top.optional("services"), top.optional("workers"), top.optional("seconds")
    return AwsSettings(
        region=region.text() if region else "",
        endpoint=endpoint.text() if endpoint else "",
        include=include.texts() if include else (),
        services=_services(services) if services else usual.services,
        workers=workers.integer(least=1, most=64) if workers else usual.workers,
        seconds=seconds.number(least=0.1, most=600) if seconds else usual.seconds,
    )


def _services(node: Node) -> tuple[str, ...]:
    named = [item.one_of(SERVICES) for item in node.items()]
    if not named:
        raise node.fail("no service is named", hint=f"name one of {', '.join(SERVICES)}, or leave the field out")
    return tuple(dict.fromkeys(named))
