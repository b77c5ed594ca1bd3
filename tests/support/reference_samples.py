"""References to Vault in every style, as they stand in files, and what is none."""

from __future__ import annotations

from dataclasses import dataclass

from secscan.stores.references.reference import Form


@dataclass(frozen=True)
class Sample:
    """A file, and the references in it: MOUNT:PATH#KEY@VERSION, `?` behind it where something is known later only."""

    name: str
    path: str
    content: str
    said: tuple[str, ...]
    form: Form | None = None


EXTERNAL_SECRETS = """
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata:
  name: vault-backend
spec:
  provider:
    vault:
      server: "https://vault.corp.invalid"
      path: "secret"
      version: "v2"
---
kind: ExternalSecret
metadata: {name: app}
spec:
  refreshInterval: 1h
  secretStoreRef:
    name: vault-backend
    kind: SecretStore
  data:
  - secretKey: password   # a comment
    remoteRef:
      key: app/db
      property: "password"
      version: "3"
  - secretKey: user
    remoteRef: {key: app/db, property: user}
  dataFrom:
    - extract:
        key: app/{{ .Values.env }}/all
"""
CSI = """
apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata:
  name: app
spec:
  provider: vault
  parameters:
    roleName: app
    objects: |
      - objectName: "db"
        secretPath: "secret/data/app/db"
        secretKey: "password"
      - objectName: token
        secretPath: secret/data/app/token
"""
ACTION = """
on: push
jobs:
  deploy:
    steps:
      - uses: actions/checkout@v4
        with:
          secrets: not/a one
      - name: secrets
        uses: hashicorp/vault-action@v3
        with:
          url: https://vault.corp.invalid
          secrets: |
            secret/data/ci/aws accessKey | AWS_ACCESS_KEY_ID ;
            secret/data/ci/aws secretKey | AWS_SECRET_ACCESS_KEY ; secret/data/ci/npm * | NPM_
            secret/data/${{ github.ref_name }}/x token
            /cubbyhole/foo foo ;
      - uses: hashicorp/vault-action@v3
        with:
          secrets: secret/data/ci npmToken | NPM_TOKEN
"""
TERRAFORM = """
data "vault_generic_secret" "old" {
  path = "secret/app/db"
}
data "vault_kv_secret_v2" "db" {
  mount   = "team/kv"
  name    = "app/db"
  version = 4
}
ephemeral "vault_kv_secret_v2" "dyn" {
  mount = vault_mount.kv.path
  name  = "app/${var.env}"
}
locals { password = data.vault_kv_secret_v2.db.data["password"], user = data.vault_generic_secret.old.data.user }
"""
HVAC = """
import hvac
a = client.secrets.kv.v2.read_secret_version(path="app/db", mount_point='team', version=2)["data"]["data"]["password"]
b = client.secrets.kv.read_secret_version(
    path="app/db",
)
c = client.secrets.kv.v1.read_secret("legacy/x", mount_point="old")['data']['user']
d = client.read('secret/data/app/db')['data']['data']['user']
e = client.secrets.kv.v2.read_secret_version(path=f"app/{env}/db")
f = client.secrets.kv.v2.read_secret_version(path=where)
g = client.read("secret/data/" + name)
h = open("x/y").read()
"""
ANSIBLE = """
- hosts: all
  vars:
    a: "{{ lookup('hashi_vault', 'secret=secret/data/app/db:password token=x url=y') }}"
    b: "{{ lookup('community.hashi_vault.hashi_vault', 'secret/data/app/db') }}"
    c: "{{ lookup('community.hashi_vault.vault_kv2_get', 'app/db', engine_mount_point='team').secret.password }}"
    d: "{{ lookup('community.hashi_vault.vault_kv2_get', 'app/' ~ env) }}"
  tasks:
    - name: read
      community.hashi_vault.vault_kv2_get:
        url: https://vault.corp.invalid
        engine_mount_point: team
        path: app/db
        version: 2
"""
AVP = """
kind: Secret
metadata:
  annotations:
    avp.kubernetes.io/path: "secret/data/app/db"
    avp.kubernetes.io/secret-version: "2"
stringData:
  password: <password>
  url: postgres://<user | base64encode>@db
  other: <path:secret/data/other#key#5 | base64decode>
"""
SAMPLES = [
    Sample("our own", "secscan.yaml", "from: ['vault:secret/policies/waivers#document']", ("secret/policies/waivers#document",), Form.EITHER),
    Sample("a URI", "a.toml", 'url = "vault://secret/app/db#password"', ("secret/app/db#password",)),
    Sample("bank-vaults", "pod.yaml", 'value: "vault:secret/data/app/db#DB_PASSWORD"', ("secret/data/app/db#DB_PASSWORD",)),
    Sample("bank-vaults, with a version", "pod.yaml", "value: >>vault:secret/data/db#KEY#2", ("secret/data/db#KEY@2",)),
    Sample("vals", "values.yaml", "pw: ref+vault://secret/app/db?version=3&address=https://x#/password", ("secret/app/db#password@3",)),
    Sample("helm-secrets, nested", "values.yaml", "pw: ref+vault://secret/app/db#/a/b+", ("secret/app/db#a.b",)),
    Sample("a variable", "values.yaml", "pw: ref+vault://secret/${ENV}/db#/password", ("secret/${ENV}/db#password?",)),
    Sample("a placeholder of a manual", "README.md", "write vault:MOUNT/PATH#FIELD.", ("MOUNT/PATH#FIELD?",)),
    Sample("vault kv get", "a.sh", "X=$(vault kv get -field=password secret/app/db)", ("secret/app/db#password",), Form.ENTRY),
    Sample("bao kv get", "a.sh", "bao kv get -mount=team/kv -version 2 -field password app/db | jq .", ("team/kv:app/db#password@2",)),
    Sample("over two lines", "a.sh", "vault kv get \\\n  -mount secret \\\n  app", ("secret:app",)),
    Sample("as a list", "a.py", 'run(["vault", "kv", "get", "-field=x", "secret/app"])', ("secret/app#x",)),
    Sample("vault read", "a.sh", "vault read -format=json secret/data/app/db", ("secret/data/app/db",), Form.API),
    Sample("a variable of the shell", "a.sh", 'vault kv get "secret/$APP/db"; vault kv get secret/${ENV}/db', ("secret/$APP/db?", "secret/${ENV}/db?")),
    Sample("a computed path", "a.sh", "vault kv get secret/$(hostname)/db", ("secret/$(hostname)/db?",)),
    Sample("an annotation", "pod.yaml", 'vault.hashicorp.com/agent-inject-secret-db.txt: "secret/data/app/db"', ("secret/data/app/db",), Form.EITHER),
    Sample("a template", "a.ctmpl", '{{- with secret "secret/data/app/db" -}}{{ .Data.data.user }}:{{ .Data.data.password }}{{ end }}', ("secret/data/app/db#user", "secret/data/app/db#password")),
    Sample("a template with index", "a.tpl", '{{ with secret "secret/app?version=2" }}{{ index .Data.data "my-key" }}{{ end }}', ("secret/app#my-key@2",)),
    Sample("a template that takes all", "a.tpl", '{{ range $k, $v := (secret "secret/app").Data.data }}{{ $k }}{{ end }}', ("secret/app",)),
    Sample("a template in JSON", "a.json", r'"{{ with secret \"secret/data/app\" }}{{ .Data.data.pw }}{{ end }}"', ("secret/data/app#pw",)),
    Sample("a computed template", "a.tpl", '{{ with secret (printf "secret/data/%s/db" (env "E")) }}{{ .Data.data.pw }}{{ end }}', ("secret/data/%s/db#pw?",)),
    Sample("envconsul", "a.hcl", 'secret {\n  no_prefix = true\n  path = "secret/app"\n}', ("secret/app",)),
    Sample("Argo CD", "a.yaml", "password: <path:secret/data/app/db#password#3>", ("secret/data/app/db#password@3",), Form.API),
    Sample("Argo CD, by annotation", "a.yaml", AVP, ("secret/data/app/db#password@2", "secret/data/app/db#user@2", "secret/data/other#key@5")),
    Sample("External Secrets", "a.yaml", EXTERNAL_SECRETS, ("secret:app/db#password@3", "secret:app/db#user", "secret:app/{{ .Values.env }}/all?")),
    Sample("the CSI driver", "a.yaml", CSI, ("secret/data/app/db#password", "secret/data/app/token"), Form.API),
    Sample("vault-action", ".github/workflows/a.yml", ACTION, ("secret/data/ci/aws#accessKey", "secret/data/ci/aws#secretKey", "secret/data/ci/npm", "secret/data/${{ github.ref_name }}/x#token?", "secret/data/ci#npmToken"), Form.API),
    Sample("Terraform", "infra/a.tf", TERRAFORM, ("secret/app/db", "team/kv:app/db@4", "vault_mount.kv.path:app/${var.env}?", "team/kv:app/db#password@4", "secret/app/db#user")),
    Sample("hvac", "a.py", HVAC, ("team:app/db#password@2", "secret:app/db", "old:legacy/x#user", "secret/data/app/db#user", "secret:app/{env}/db?", "secret:where?", "secret/data?")),
    Sample("Ansible", "play.yml", ANSIBLE, ("secret/data/app/db#password", "secret/data/app/db", "team:app/db#password", "secret:app?", "team:app/db@2")),
    Sample("Spring imports", "application.properties", "spring.config.import=optional:vault://secret/app", ("secret/app",)),
    Sample("Spring Cloud", "application.yml", "spring:\n  cloud:\n    vault:\n      kv:\n        backend: team\n        application-name: shop\n", ("team:shop",)),
    Sample("Spring properties", "a.properties", "spring.cloud.vault.kv.application-name=shop\n", ("secret:shop",)),
    Sample("with a byte order of Windows", "a.yaml", EXTERNAL_SECRETS.replace("\n", "\r\n"), ("secret:app/db#password@3", "secret:app/db#user", "secret:app/{{ .Values.env }}/all?")),
    Sample("what walks out is kept", "a.sh", "vault kv get secret/../../sys/mounts", ("secret/../../sys/mounts",)),
    Sample("what walks out of a URI", "a.yaml", r"x: vault:secret/a\..\b#k", (r"secret/a\..\b#k",)),
    Sample("what is encoded", "a.yaml", "x: vault:secret/%2e%2e/sys#k", ("secret/%2e%2e/sys#k",)),
]  # fmt: skip
NOTHING = [
    ("prose", "a.md", "vault read access is needed; the vault: where we keep gold# and more"),
    ("another store", "a.yaml", EXTERNAL_SECRETS.replace("    vault:\n      server", "    aws:\n      server")),
    ("the system of Vault", "a.sh", "vault read sys/health; vault read auth/token/lookup-self"),
    ("writes", "a.sh", "vault kv put secret/app x=1; vault write secret/data/app x=1"),
    ("another word", "a.yaml", "x: myvault:secret/a#b"),
    ("an address", "a.yaml", "spring: x\nimport: y\naddress: vault://"),
    (
        "another action",
        "a.yml",
        "steps:\n  - uses: other/action@v1\n    with:\n      secrets: |\n        secret/data/a b\n",
    ),
    ("another reader", "a.py", "import hvac\nx = open('a/b').read()\ny = f.read(4)"),
]
