"""Every expected error, each with a hint, and the one table from errors to exit codes.

An error here is something a person can act on. Anything else that escapes is a bug in secscan and
ends with `ExitCode.BUG`.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """How the process ends. The table in README.md is checked against this one by a test."""

    PASSED = 0
    """The policy is satisfied and everything it requires was looked at; of `scan --shard`: its part is written."""

    FAILED = 1
    """The policy blocks at least one finding; of `verify` and `replay`: the attestation does not hold."""

    USAGE = 2
    """The command line, the settings, the policy or a saved scan is wrong."""

    INCOMPLETE = 3
    """Nothing blocks, but something the policy requires was not looked at or not written."""

    BUG = 4
    """A defect in secscan itself."""

    INTERRUPTED = 130
    """Ctrl-C, SIGTERM or SIGHUP; everything that was started has been ended."""


class SecscanError(Exception):
    """An expected error: one line that says what happened and where, and a hint what to do.

    `excerpt` may be set to lines that show the place, such as a line of source and a mark below it.
    `exit_code` is what the process ends with if nobody handles the error on the way.
    """

    exit_code: ExitCode = ExitCode.USAGE

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.excerpt: tuple[str, ...] = ()


class UsageError(SecscanError):
    """The command line asks for something that cannot be done."""


class TargetError(SecscanError):
    """What should be looked at does not exist, cannot be read, or is not what it was said to be."""


class VaultError(SecscanError):
    """Vault could not be asked, or did not answer what was asked. The message holds no value."""


class ConfigError(SecscanError):
    """A settings file is wrong. The message names file, line and field."""


class PolicyError(SecscanError):
    """A policy or waiver file is wrong. The message names file, line and field."""


class SavedScanError(SecscanError):
    """A saved scan cannot be read: broken, from a newer secscan, or not a saved scan at all."""


class AttestationError(SecscanError):
    """An attestation does not hold: its signature, its form, or what it says of the files given."""

    exit_code = ExitCode.FAILED


class AdvisoryError(SecscanError):
    """Advisory data is missing, broken, or cannot be imported."""


class ImportedResultsError(SecscanError):
    """A file of results that cannot be read, or is of no format that is known."""


class CacheError(SecscanError):
    """The cache of results cannot be used: its key or its folder is not one that only the user can write."""


class MisledError(CacheError):
    """What was kept is not what is found now."""

    exit_code = ExitCode.INCOMPLETE

    @classmethod
    def of(cls, files: int) -> MisledError:
        """Return the error about so many files."""
        what = "1 file" if files == 1 else f"{files} files"
        return cls(
            f"what the cache had of {what} is not what is found now: a defect, or somebody wrote to it",
            hint="it was thrown away: scan again, with --no-cache to be sure; ask who can write to the cache",
        )


class ShardError(SecscanError):
    """What a shard wrote cannot be used: it is damaged, or of another scan."""


class ReportError(SecscanError):
    """A report cannot be written. The verdict is then at best incomplete."""

    exit_code = ExitCode.INCOMPLETE


class MachineError(SecscanError):
    """The machine has no more of what is needed, or fails: what was asked is in order, and so are we."""

    exit_code = ExitCode.INCOMPLETE


_OF_THE_MACHINE = {
    "ENOSPC": ("a disk is full", "make room there, or name another folder for temporary files with TMPDIR"),
    "EDQUOT": ("the quota of a disk is used up", "make room there, or name another folder with TMPDIR"),
    "EFBIG": ("a file may not become as large as it has to be", "raise the limit of this process (ulimit -f)"),
    "EROFS": ("a disk can only be read", "name another folder with TMPDIR or --output"),
    "EIO": ("a disk fails", "look into the messages of the system"),
    "EMFILE": ("too many files are open", "raise the limit of this process (ulimit -n), or use fewer cores: --jobs 1"),
    "ENFILE": ("the machine has too many files open", "close other programs"),
    "ENOMEM": ("the memory is used up", "give it more, or use fewer cores: --jobs 1"),
    "EAGAIN": ("no more processes may be started", "raise the limit (ulimit -u), or use fewer cores: --jobs 1"),
}


def of_the_machine(error: BaseException) -> MachineError | None:
    """Return what to say of an error that is the machine's, such as a full disk; None for any other."""
    name = "ENOMEM" if isinstance(error, MemoryError) else ""
    place = ""
    if isinstance(error, OSError):
        import errno

        name = errno.errorcode.get(error.errno or 0, "")
        place = f": {error.filename}" if isinstance(error.filename, str) and error.filename.isprintable() else ""
    if name not in _OF_THE_MACHINE:
        return None
    what, hint = _OF_THE_MACHINE[name]
    return MachineError(f"nothing was decided, since {what}{place}", hint=hint)


class Interrupted(SecscanError):
    """The person, or the platform, asked the process to stop."""

    exit_code = ExitCode.INTERRUPTED
