"""Whether secrets in the code are in use, by what Vault holds: asked in a child process whose memory ends with it.

Vault is asked only where the caller wants it (`--vault`), never for a fork, and read only for protected branches; see
`stores.guard`.
"""

from __future__ import annotations

from secscan.process import Ended
from secscan.scanners.contract import Needs, Setup
from secscan.scanners.states import StoreScanner
from secscan.scanners.toolkit import FileBatch
from secscan.stores.ask import ask_vault
from secscan.stores.vault.settings import VaultSettings


class Vault(StoreScanner):
    """See `scanners.states`."""

    name = "vault"
    title = "whether secrets are in use, by what Vault holds"
    needs = Needs(vault=True)
    store = "Vault"
    root = "vault:"

    def ask(self, piece: FileBatch, setup: Setup) -> Ended:
        """See `StoreScanner.ask`."""
        settings = setup.vault or VaultSettings()
        return ask_vault(settings, setup.limits, files=piece.back(), values_key=setup.values_key)


SCANNER = Vault()
"""Says of each secret whether Vault holds it, and as what."""
