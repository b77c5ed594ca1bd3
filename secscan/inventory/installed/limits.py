"""How large files that tell of many packages may be."""

MAX_JAR_BYTES = 48_000_000
MAX_RPM_BYTES = 64_000_000
