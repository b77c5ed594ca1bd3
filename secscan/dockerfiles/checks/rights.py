"""Rights that are wider than needed: sudo, modes, ports, and what reaches the host."""

from __future__ import annotations

import re
from collections.abc import Iterator

from secscan.dockerfiles.checks.modes import bad_mode
from secscan.dockerfiles.checks.words import short
from secscan.dockerfiles.commands import Call, Run
from secscan.dockerfiles.document import Document, Step
from secscan.dockerfiles.expand import expand, pairs
from secscan.dockerfiles.found import Found
from secscan.dockerfiles.grammar import Part
from secscan.findings.levels import Confidence, Severity

_PACKAGE_TOOLS = frozenset(
    ["apt", "apt-get", "aptitude", "apk", "yum", "dnf", "microdnf", "tdnf", "zypper", "pacman", "emerge"]
)
_INSTALLS = frozenset(("install", "add", "-S", "-Sy", "-Syu", "in"))
_ENGINES = frozenset(("docker", "podman", "nerdctl"))
_HOST_OPTIONS = re.compile(
    r"--privileged(?:=true)?|--(?:pid|ipc|uts|userns|net|network|cgroupns)=host|--cap-add=(?:all|sys_admin|sys_ptrace|sys_module)"
    r"|--security-opt=(?:seccomp|apparmor)[=:]unconfined|--device=/dev/(?:mem|kmem|sd\w*)",
    re.IGNORECASE,
)
_HOST_VALUES = re.compile(r"host|all|sys_admin|sys_ptrace|sys_module|(?:seccomp|apparmor)[=:]unconfined", re.IGNORECASE)
_HOST_PAIRS = frozenset(("--pid", "--ipc", "--uts", "--userns", "--net", "--network", "--cap-add", "--security-opt"))
_SOCKET = re.compile(r"(?:docker|containerd|crio|podman)\.sock\b")
_HOST_FOLDER = re.compile(r"(?:-v|--volume=?)?(?:/|/etc|/root|/proc|/sys|/var/run|/run|/dev):/\S*")
_STARTS = re.compile(r"\b(?:docker|podman|nerdctl)\b.{0,200}\b(?:run|create)\b", re.DOTALL)
_NO_PASSWORD = re.compile(r"NOPASSWD\s*:", re.IGNORECASE)
_SUDOERS = re.compile(r"/etc/sudoers(?:\.d/\S+)?$")
_PORTS = {
    22: "ssh",
    23: "telnet",
    512: "rexec",
    513: "rlogin",
    514: "rsh",
    2375: "the engine of containers, without TLS",
}
_PORT = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?(?:/(?:tcp|udp|sctp))?", re.IGNORECASE)


def check(run: Run) -> Iterator[Found]:
    """Check the commands of one instruction."""
    for call in run.calls:
        yield from _sudo(call, run)
        yield from _chmod(call, run)
        if call.name in _ENGINES and {"run", "create", "exec"} & set(call.texts[:6]):
            yield from _engine(call, run)


def check_instructions(document: Document) -> Iterator[Found]:
    """Check EXPOSE, VOLUME, LABEL and the flags of RUN."""
    for stage in document.stages:
        for step in stage.steps:
            name = step.instruction.name
            if name == "EXPOSE":
                yield from _ports(step)
            elif name == "VOLUME":
                yield from _volumes(step)
            elif name == "LABEL":
                yield from _labels(step)
            elif name == "RUN":
                yield from _flags(step)


def _sudo(call: Call, run: Run) -> Iterator[Found]:
    used = next((word for word in call.command.words if word.text.rpartition("/")[2] == "sudo"), None)
    if call.name == "sudo" or "sudo" in call.through:
        start, end = run.place(call, used)
        yield Found(
            rule="sudo",
            start=start,
            end=end,
            message="sudo is used, so it is in the image, setuid root: a way up for whoever gets into the container.",
            remedy="Do what needs root before the last USER, without sudo, and do not install it.",
        )
    elif call.name in _PACKAGE_TOOLS and _INSTALLS & set(call.texts):
        wanted = next((word for word in call.arguments if word.text.partition("=")[0] in ("sudo", "doas")), None)
        if wanted is not None:
            start, end = run.place(call, wanted)
            yield Found(
                rule="sudo",
                start=start,
                end=end,
                message=f"{short(wanted.text)} is installed: setuid root, a way up for every user of the container.",
                remedy=f"Leave `{short(wanted.text)}` out; do what needs root before the last USER.",
            )
    written = [word.text for sign, word in call.command.redirects if sign.startswith(">")]
    written += call.texts if call.name in ("tee", "visudo", "sed", "install") else []
    if any(_SUDOERS.search(text) for text in written):
        texts = (*call.texts, *(text for one in run.upstream(call) for text in one.texts), call.command.stdin)
        if any(_NO_PASSWORD.search(text) for text in texts):
            start, end = run.place(call)
            yield Found(
                rule="sudo-without-password",
                start=start,
                end=end,
                message="A user gets every right without a password: USER is no barrier then.",
                remedy="Remove the line from sudoers, and sudo from the image.",
            )


def _chmod(call: Call, run: Run) -> Iterator[Found]:
    if call.name == "chmod":
        mode = next(
            (word for word in call.arguments if not word.text.startswith("--") and not _is_option(word.text)), None
        )
    elif call.name in ("install", "mkdir"):
        at = next((at for at, word in enumerate(call.arguments) if word.text in ("-m", "--mode")), None)
        mode = call.arguments[at + 1] if at is not None and at + 1 < len(call.arguments) else None
    else:
        return
    if mode is not None:
        start, end = run.place(call)
        yield from bad_mode(run.step.expand(mode.text).text, start, end, f"{call.name} {short(mode.text)}")


def _is_option(text: str) -> bool:
    """`-R`; `-w` takes a right away and is a mode."""
    return text.startswith("-") and not set(text[1:]) & set("rwxst,")


def _engine(call: Call, run: Run) -> Iterator[Found]:
    words = call.arguments
    for at, word in enumerate(words):
        following = words[at + 1].text if at + 1 < len(words) else ""
        paired = word.text in _HOST_PAIRS and _HOST_VALUES.fullmatch(following)
        mounts = word.text in ("-v", "--volume", "--mount") and (
            _SOCKET.search(following) or _HOST_FOLDER.fullmatch(following)
        )
        if _HOST_OPTIONS.fullmatch(word.text) or paired or mounts or _HOST_FOLDER.fullmatch(word.text):
            start, end = run.place(call, word)
            yield _host(start, end, f"`{call.name} {short(word.text)}` starts a container with access to its host.")


def _host(start: int, end: int, message: str, *, confidence: Confidence = Confidence.HIGH) -> Found:
    return Found(
        rule="host-access",
        start=start,
        end=end,
        message=message,
        remedy="Leave it out; give only the capability, device or folder that is needed.",
        severity=Severity.HIGH,
        confidence=confidence,
    )


def _ports(step: Step) -> Iterator[Found]:
    for word in step.instruction.words[:1000]:
        found = _PORT.fullmatch(step.expand(word.text).text)
        if found is None:
            continue
        first, last = int(found[1]), int(found[2] or found[1])
        what = next((f"{port} ({name})" for port, name in _PORTS.items() if first <= port <= last), "")
        if what:
            yield Found(
                rule="remote-login",
                start=word.start,
                end=word.end,
                message=f"Port {what} is meant to be reached from outside: one more way in, with accounts of its own.",
                remedy="Leave the server out; `exec` of the engine or the cluster gives a shell where one is needed.",
            )


def _volumes(step: Step) -> Iterator[Found]:
    one = step.instruction
    for part in one.strings if one.strings is not None else one.words:
        if _SOCKET.search(part.text):
            yield _host(
                part.start, part.end, f"`{short(part.text)}` is the socket of the engine: who has it has the host."
            )


def _labels(step: Step) -> Iterator[Found]:
    """Labels that say how the container is to be started, as `LABEL run="podman run ..."`."""
    one = step.instruction
    for name, start, end in pairs(one.arguments, one.escape):
        value = expand(one.arguments[start:end], step.variables, one.escape).text
        if not _STARTS.search(value):
            continue
        wide = [word for word in value.split() if _HOST_OPTIONS.fullmatch(word) or _SOCKET.search(word)]
        wide += [word for word in value.split() if _HOST_FOLDER.fullmatch(word)]
        if wide:
            place = Part(value, one.line.place(one.rest + start), one.line.end_place(one.rest + end))
            message = f"The label `{short(name)}` says to start it with `{short(wide[0])}`, which reaches the host."
            yield _host(place.start, place.end, message, confidence=Confidence.MEDIUM)


def _flags(step: Step) -> Iterator[Found]:
    for flag in step.instruction.flags:
        if flag.text.lower() in ("--security=insecure", "--network=host"):
            yield _host(flag.start, flag.end, f"`RUN {short(flag.text)}` lets the build reach the host it runs on.")
