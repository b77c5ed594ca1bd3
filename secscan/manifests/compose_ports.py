"""Ports that a service of a Compose file opens on every address of its host, and which are meant for nobody outside."""

from __future__ import annotations

import re
from collections.abc import Iterator

from secscan.findings.levels import Severity
from secscan.manifests.compose_files import filled
from secscan.manifests.issues import Issue, short
from secscan.manifests.nodes import Node

_MEANT_FOR_FEW = {
    22: "SSH", 23: "Telnet", 111: "RPC", 389: "LDAP", 445: "SMB", 873: "rsync", 1433: "SQL Server", 1521: "Oracle",
    2049: "NFS", 2181: "ZooKeeper", 2375: "the Docker API", 2376: "the Docker API", 2379: "etcd", 2380: "etcd",
    3306: "MySQL", 3389: "remote desktop", 4369: "Erlang", 5005: "the Java debugger", 5432: "PostgreSQL",
    5601: "Kibana", 5672: "RabbitMQ", 5900: "VNC", 5984: "CouchDB", 6379: "Redis", 6443: "the Kubernetes API",
    7000: "Cassandra", 7474: "Neo4j", 7687: "Neo4j", 8086: "InfluxDB", 8200: "Vault", 8500: "Consul",
    9042: "Cassandra", 9090: "Prometheus", 9092: "Kafka", 9200: "Elasticsearch", 9229: "the Node debugger",
    9300: "Elasticsearch", 10250: "the kubelet", 11211: "memcached", 15672: "RabbitMQ", 26257: "CockroachDB",
    27017: "MongoDB", 27018: "MongoDB", 28015: "RethinkDB",
}  # fmt: skip
_SHORT = re.compile(
    r"(?:(?P<address>\[[0-9a-fA-F:.]{2,45}\]|[0-9.]{7,15}|localhost):)?"
    r"(?:(?P<host>\d{0,5}(?:-\d{1,5})?):)?(?P<port>\d{1,5})(?:-(?P<last>\d{1,5}))?(?:/\w{3,4})?"
)
_OPEN = frozenset(("", "0.0.0.0", "::", "[::]"))  # noqa: S104 - what is looked for


def port_issues(node: Node) -> Iterator[Issue]:
    """Yield the ports of databases and administration that anybody can reach."""
    for one in node.get("ports").items:
        address, first, last = _published(one)
        what = next((name for port, name in _MEANT_FOR_FEW.items() if first <= port <= last), "")
        if what and address in _OPEN:
            yield Issue(
                defect="network-exposure",
                rule="published-port",
                title=f"opens {what} to everybody",
                words=f"{short(one.text) or 'the port'} is published on every address of the host, past its firewall",
                severity=Severity.MEDIUM,
                node=one,
                fix={"ports": [f'"127.0.0.1:{first}:{first}"']},
                advice="Services of one project reach each other without published ports.",
            )


def _published(node: Node) -> tuple[str, int, int]:
    """Address and container ports of an entry, in the short form or the long one; nothing for what cannot be told."""
    if node.members:
        address = filled(node.get("host_ip").text) or ""
        text = filled(node.get("target").text) or ""
        return (address, int(text), int(text)) if re.fullmatch(r"\d{1,5}", text) else ("", 1, 0)
    found = _SHORT.fullmatch(_with_known(node.text))
    if found is None:
        return "", 1, 0
    first = int(found["port"])
    return found["address"] or "", first, int(found["last"] or first)


def _with_known(text: str) -> str:
    """An entry whose variables are filled in; a host port that nobody knows is any."""
    written = filled(text)
    return written if written is not None else re.sub(r"\$\{?\w{1,200}[^:}]{0,200}\}?(?=:)", "0", text)
