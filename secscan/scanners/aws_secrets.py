"""Whether secrets in the code are in use, by what AWS Secrets Manager and SSM Parameter Store hold.

It is asked as Vault is, see `scanners.vault`: only where the caller wants it (`--aws`), never for a fork, and for
protected branches only.
"""

from __future__ import annotations

from secscan.process import Ended
from secscan.scanners.contract import Needs, Setup
from secscan.scanners.states import StoreScanner
from secscan.scanners.toolkit import FileBatch
from secscan.stores.ask import ask_aws
from secscan.stores.aws.settings import AwsSettings


class AwsSecrets(StoreScanner):
    """See `scanners.states`."""

    name = "aws-secrets"
    title = "whether secrets are in use, by what AWS holds"
    needs = Needs(aws=True)
    store = "AWS"
    root = "aws:"

    def ask(self, piece: FileBatch, setup: Setup) -> Ended:
        """See `StoreScanner.ask`."""
        settings = setup.aws or AwsSettings()
        return ask_aws(settings, setup.limits, files=piece.back(), values_key=setup.values_key)


SCANNER = AwsSecrets()
"""Says of each secret whether AWS holds it, and as what."""
