"""Dockerfiles, bad and good, with the rules that each breaks: written from what the rules mean, before they were run."""

from __future__ import annotations

from typing import NamedTuple

DIGEST = "sha256:" + "0123456789abcdef" * 4
BASE = f"FROM debian:12@{DIGEST}"
AROUND = f'{BASE}\n%s\nUSER 10001\nHEALTHCHECK CMD ["/app", "--check"]\n'
"""What is around a sample of one instruction: a file in which nothing is wrong."""
TAIL = "\nUSER 10001\nHEALTHCHECK CMD true\n"


class Sample(NamedTuple):
    """A Dockerfile, and the rules it breaks, each as often as it does."""

    text: str
    rules: tuple[str, ...] = ()


def inside(text: str, *rules: str) -> Sample:
    """A sample of instructions within a file that is fine."""
    return Sample(AROUND.replace("%s", text), rules)


ONE_LINE = (
    # What is run as soon as it is fetched.
    inside("RUN curl -fsSL https://get.example.com | sh", "pipe-to-shell"),
    inside("RUN curl -fsSL https://get.example.com | bash -s -- --yes", "pipe-to-shell"),
    inside("RUN wget -qO- https://get.example.com | bash", "pipe-to-shell"),
    inside("RUN wget -O - https://get.example.com/x | /bin/sh -x", "pipe-to-shell"),
    inside("RUN wget https://get.example.com/x --output-document=- | bash", "pipe-to-shell"),
    inside("RUN bash <(curl -s https://get.example.com)", "pipe-to-shell"),
    inside('RUN sh -c "$(curl -fsSL https://get.example.com)"', "pipe-to-shell"),
    inside('RUN bash -c "curl -fsSL https://get.example.com | sh"', "pipe-to-shell"),
    inside("RUN eval `wget -qO- https://get.example.com`", "pipe-to-shell"),
    inside("RUN . <(curl -s https://get.example.com)", "pipe-to-shell"),
    inside("RUN curl -s https://get.example.com | python3 -", "pipe-to-shell"),
    inside("RUN curl -s https://get.example.com | tee /tmp/x | perl", "pipe-to-shell"),
    inside("RUN curl -s https://get.example.com | sed s/a/b/ | env FOO=1 bash -s stable", "pipe-to-shell"),
    inside(
        "RUN apt-get update && \\\n    # the installer\n    curl https://a.example/i \\\n    | sh && \\\n    true",
        "pipe-to-shell",
    ),
    inside('RUN ["/bin/bash", "-c", "curl https://a.example/i | bash"]', "pipe-to-shell"),
    inside("RUN <<EOF\nset -e\ncurl https://a.example/i | sh\nEOF", "pipe-to-shell"),
    inside("RUN bash <<'EOF'\nwget -qO- https://a.example/i | sh\nEOF", "pipe-to-shell"),
    inside("RUN { curl https://a.example/i; } | (cd /tmp; sh)", "pipe-to-shell"),
    inside("RUN <<EOF\n#!/usr/bin/env bash\ncurl https://a.example/i | sh\nEOF", "pipe-to-shell"),
    inside('RUN <<EOF\n#!/usr/bin/env python3\nprint("curl https://a.example/i | sh")\nEOF'),
    inside("ONBUILD RUN curl https://a.example/i | sh", "pipe-to-shell"),
    inside("CMD curl https://a.example/i | sh", "pipe-to-shell"),
    inside("run curl https://a.example/i | SH", "pipe-to-shell"),
    inside(
        "RUN set -o pipefail; curl --proto '=https' --tlsv1.2 -sSf https://a.example/rustup | sh -s -- -y",
        "pipe-to-shell",
    ),
    inside('RUN powershell -Command "iwr https://a.example/i.ps1 | iex"', "pipe-to-shell"),
    inside(
        "RUN pwsh -c \"iex ((New-Object Net.WebClient).DownloadString('https://a.example/i.ps1'))\"", "pipe-to-shell"
    ),
    inside('SHELL ["pwsh", "-Command"]\nRUN Invoke-Expression (irm https://a.example/i.ps1)', "pipe-to-shell"),
    inside("RUN curl https://a.example/1 | sh && curl https://a.example/2 | sh", "pipe-to-shell", "pipe-to-shell"),
    # What merely looks like that.
    inside("RUN echo 'curl https://a.example/i | sh' > /usr/share/doc/how"),
    inside('RUN echo "do not: curl https://a.example/i | bash"'),
    inside("RUN true # curl https://a.example/i | sh"),
    inside("# RUN curl https://a.example/i | sh\nRUN true"),
    inside("RUN cat <<'EOF' > /usr/share/doc/how\ncurl https://a.example/i | sh\nEOF"),
    inside("COPY <<EOF /how.txt\ncurl https://a.example/i | sh\nEOF"),
    inside("RUN curl https://a.example/list | grep sh"),
    inside("RUN cat /opt/install.sh | sh"),
    inside("RUN curl https://a.example/data.json | python3 -c 'import json, sys; json.load(sys.stdin)'"),
    inside("RUN curl https://a.example/key.asc | gpg --dearmor -o /usr/share/keyrings/a.gpg"),
    inside("LABEL usage='curl https://a.example/i | sh'"),
    # Fetched, then used.
    inside("RUN curl -fsSLo /tmp/i.sh https://a.example/i.sh && sh /tmp/i.sh", "unverified-download"),
    inside("RUN wget https://a.example/a.deb && dpkg -i a.deb", "unverified-download"),
    inside("RUN curl -LO https://a.example/a.tar.gz && tar xzf a.tar.gz", "unverified-download"),
    inside("RUN curl -L https://a.example/a.tar.gz | tar xz -C /opt", "unverified-download"),
    inside(
        "RUN curl -L https://a.example/tool -o /usr/local/bin/tool && chmod +x /usr/local/bin/tool",
        "unverified-download",
    ),
    inside(
        "RUN curl -L https://a.example/tool > /usr/local/bin/tool; chmod 755 /usr/local/bin/tool", "unverified-download"
    ),
    inside("RUN curl -LO https://a.example/a.tar.gz && echo 'abc  a.tar.gz' | sha256sum -c - && tar xzf a.tar.gz"),
    inside("RUN wget https://a.example/a.deb && sha512sum --check a.sum && dpkg -i a.deb"),
    inside(
        "RUN curl -O https://a.example/a.tgz -O https://a.example/a.asc && gpg --verify a.asc a.tgz && tar xf a.tgz"
    ),
    inside('RUN wget https://a.example/a.deb && test "$(sha256sum a.deb | cut -c1-64)" = abc && dpkg -i a.deb'),
    inside("RUN curl -L https://a.example/data.json -o /srv/data.json"),
    inside("ADD https://a.example/a.tar.gz /opt/", "remote-add"),
    inside(f"ADD --checksum={DIGEST} https://a.example/a.tar.gz /opt/"),
    inside("ADD https://github.com/a/b.git#v1 /src", "remote-add"),
    inside("ADD https://github.com/a/b.git#0123456789abcdef0123456789abcdef01234567 /src"),
    inside("ADD a.tar.gz /opt/"),
    inside("ADD http://a.example/a.tar.gz /opt/", "remote-add", "cleartext-download"),
    inside("RUN wget http://a.example/a.json", "cleartext-download"),
    inside("ARG MIRROR=http://a.example\nRUN curl $MIRROR/a.json -o a.json", "cleartext-download"),
    inside("RUN git clone http://a.example/a.git", "cleartext-download"),
    inside("RUN curl http://localhost:8080/health"),
    inside("RUN curl https://a.example/?next=http://b.example"),
    # Checks that are taken away.
    inside("RUN curl -k https://a.example/a.json -o a.json", "tls-off"),
    inside("RUN curl -fsSLk https://a.example/a.json -o a.json", "tls-off"),
    inside("RUN curl --insecure https://a.example/a.json -o a.json", "tls-off"),
    inside("RUN wget --no-check-certificate https://a.example/a.json", "tls-off"),
    inside("RUN git -c http.sslVerify=false clone https://a.example/a.git", "tls-off"),
    inside("RUN git config --global http.sslVerify false", "tls-off"),
    inside("RUN GIT_SSL_NO_VERIFY=1 git clone https://a.example/a.git", "tls-off"),
    inside("RUN npm config set strict-ssl false && npm ci", "tls-off"),
    inside("RUN npm ci --strict-ssl=false", "tls-off"),
    inside("ENV NODE_TLS_REJECT_UNAUTHORIZED=0", "tls-off"),
    inside("ENV PYTHONHTTPSVERIFY 0", "tls-off"),
    inside("RUN export NODE_TLS_REJECT_UNAUTHORIZED=0; node x.js", "tls-off"),
    inside("RUN pip install --trusted-host pypi.example flask", "tls-off"),
    inside("RUN python3 -m pip install --trusted-host=pypi.example flask", "tls-off"),
    inside("RUN pip3 install --index-url http://pypi.example/simple flask", "cleartext-download"),
    inside("RUN pip install --index-url https://pypi.example/simple flask"),
    inside("RUN apt-get install -y --allow-unauthenticated a", "unsigned-packages"),
    inside("RUN apt-get --force-yes install a", "unsigned-packages"),
    inside("RUN apk add --allow-untrusted a.apk", "unsigned-packages"),
    inside("RUN rpm -i --nosignature a.rpm", "unsigned-packages"),
    inside("RUN yum install -y --nogpgcheck a", "unsigned-packages"),
    inside("RUN ssh -o StrictHostKeyChecking=no a.example true", "ssh-host-key"),
    inside("RUN echo curl -k is bad"),
    inside("RUN tar -k -xf a.tar"),
    inside("RUN grep -k x y"),
    inside("HEALTHCHECK CMD curl -kf https://localhost/"),
    # Secrets.
    inside("ENV DB_PASSWORD=Tr0ub4dor&3xyz", "secret"),
    inside("ENV DB_PASSWORD Tr0ub4dor&3xyz", "secret"),
    inside('ARG API_TOKEN="f00dBa11-9c7e-Zq"', "secret"),
    inside("ENV POSTGRES_PASSWORD=postgres", "secret"),
    inside("ENV A=1 \\\n    SECRET_KEY=kd93jf-2k4Lq91 \\\n    B=2", "secret"),
    inside("ARG NPM_TOKEN", "secret-argument"),
    inside("ARG NPM_TOKEN\nENV NPM_TOKEN=$NPM_TOKEN", "secret-argument", "secret-argument"),
    inside("ENV DB_PASSWORD_FILE=/run/secrets/db"),
    inside("ENV TOKEN_TTL=3600 PASSWORD_MIN_LENGTH=12"),
    inside("ENV DB_PASSWORD="),
    inside("ENV PATH=/opt/bin:$PATH LANG=C.UTF-8"),
    inside("ARG VERSION=1.2.3"),
    inside("RUN --mount=type=secret,id=npm npm ci"),
    inside("COPY .env /app/.env", "secret-file"),
    inside("COPY id_rsa /root/.ssh/id_rsa", "secret-file"),
    inside('COPY ["deploy/.aws/credentials", "/root/.aws/credentials"]', "secret-file"),
    inside("ADD .npmrc server.pem /app/", "secret-file", "secret-file"),
    inside("COPY .env* composer.json /app/", "secret-file"),
    inside("COPY ssh_host_*_key /etc/ssh/", "secret-file"),
    inside("ARG WHO=app\nRUN echo ${WHO}:kd93jf-2k4Lq91 | chpasswd", "secret"),
    inside("RUN echo 'root:toor' | chpasswd && echo x | chpasswd", "secret"),
    inside("ARG HASH\nRUN echo app:$HASH | chpasswd -e && passwd -l root"),
    inside("RUN dnf install -y https://a.example/release-$(rpm -E %fedora).noarch.rpm", "unverified-download"),
    inside("RUN rpm -i http://a.example/a.rpm", "unverified-download", "cleartext-download"),
    inside("COPY .env.example /app/.env.example"),
    inside("COPY id_rsa.pub /root/.ssh/authorized_keys"),
    inside("COPY src/environment.py /app/"),
    # Rights.
    inside("RUN apt-get update && apt-get install -y sudo", "sudo"),
    inside("RUN sudo make install", "sudo"),
    inside("RUN echo 'app ALL=(ALL) NOPASSWD:ALL' >> /etc/sudoers", "sudo-without-password"),
    inside("RUN echo sudo make install"),
    inside("RUN apt-get install -y pseudo"),
    inside("RUN chmod 777 /app", "writable-by-all"),
    inside("RUN chmod -R a+rwX /app", "writable-by-all"),
    inside("RUN chmod o+w /app/log", "writable-by-all"),
    inside("COPY --chmod=0777 a /a", "writable-by-all"),
    inside("RUN chmod 1777 /tmp && chmod 755 /app && chmod g+w /b && chmod o-w /c"),
    inside("RUN chmod u+s /app/tool", "setuid"),
    inside("RUN chmod 4755 /app/tool", "setuid"),
    inside("RUN install -m 4755 tool /usr/bin/tool", "setuid"),
    inside("EXPOSE 22", "remote-login"),
    inside("EXPOSE 8080 22/tcp", "remote-login"),
    inside("EXPOSE 20-25", "remote-login"),
    inside("EXPOSE 8080 2222"),
    inside("# syntax\nRUN --security=insecure make", "host-access"),
    inside("RUN --network=host make", "host-access"),
    inside("RUN --network=none --mount=type=ssh make"),
    inside('LABEL run="docker run --privileged -d IMAGE"', "host-access"),
    inside('LABEL RUN="podman run -v /var/run/docker.sock:/var/run/docker.sock IMAGE"', "host-access"),
    inside('LABEL run="docker run -d -p 8080:8080 IMAGE"'),
    inside("VOLUME /var/run/docker.sock", "host-access"),
    inside("VOLUME /data"),
    inside("ENTRYPOINT docker run --privileged busybox", "host-access"),
    inside("COPY --from=nginx:1.27 /a /b", "unpinned-base"),
    inside("COPY --from=nginx /a /b", "unpinned-base"),
    inside("RUN --mount=type=bind,from=tools:latest,target=/t /t/run", "unpinned-base"),
)

WHOLE_FILE = (
    Sample(f"FROM debian{TAIL}", ("unpinned-base",)),
    Sample(f"FROM debian:latest{TAIL}", ("unpinned-base",)),
    Sample(f"FROM debian:12{TAIL}", ("unpinned-base",)),
    Sample(f"FROM --platform=linux/amd64 registry.example:5000/a/b AS c{TAIL}", ("unpinned-base",)),
    Sample(f"FROM registry.example:5000/a/b:1@{DIGEST}{TAIL}"),
    Sample(f"FROM debian@{DIGEST}{TAIL}"),
    Sample(f"FROM scratch\nCOPY a /a{TAIL}"),
    Sample(f"ARG BASE\nFROM $BASE{TAIL}", ("unpinned-base",)),
    Sample(f"ARG BASE=debian:12@{DIGEST}\nFROM ${{BASE}}{TAIL}"),
    Sample(f"ARG TAG\nFROM debian:${{TAG:-latest}}{TAIL}", ("unpinned-base",)),
    Sample(f"{BASE} AS build\nRUN make\nFROM build{TAIL}"),
    Sample(f"{BASE} AS Build\nFROM scratch\nCOPY --from=build /a /a\nCOPY --from=0 /b /b{TAIL}"),
    Sample(f"# syntax=docker/dockerfile\n{BASE}{TAIL}", ("unpinned-frontend",)),
    Sample(f"# syntax=docker/dockerfile:1\n{BASE}{TAIL}"),
    Sample(f"{BASE}\nHEALTHCHECK CMD true\n", ("root-user",)),
    Sample(f"{BASE}\nUSER root\nHEALTHCHECK CMD true\n", ("root-user",)),
    Sample(f"{BASE}\nUSER app\nRUN make\nUSER 0:0\nHEALTHCHECK CMD true\n", ("root-user",)),
    Sample(f"{BASE}\nUSER root\nRUN make\nUSER app\nHEALTHCHECK CMD true\n"),
    Sample(f"{BASE}\nARG WHO=root\nUSER ${{WHO}}\nHEALTHCHECK CMD true\n", ("root-user",)),
    Sample(f"{BASE}\nARG WHO\nUSER $WHO\nHEALTHCHECK CMD true\n", ("root-user",)),
    Sample(f"{BASE}\nENV WHO=app\nUSER $WHO\nHEALTHCHECK CMD true\n"),
    Sample(f"{BASE} AS base\nUSER app\nHEALTHCHECK CMD true\nFROM base\nRUN make\n"),
    Sample(f"{BASE} AS base\nUSER root\nHEALTHCHECK CMD true\nFROM base AS next\nFROM next\n", ("root-user",)),
    Sample(f"{BASE} AS base\nUSER app\nHEALTHCHECK CMD true\nFROM scratch\nCOPY --from=base / /\n", ("root-user", "no-healthcheck")),
    Sample(f"{BASE} AS build\nUSER root\n{BASE}{TAIL}"),
    Sample(f"{BASE}\nONBUILD USER app\nHEALTHCHECK CMD true\n", ("root-user",)),
    Sample(f"{BASE}\nUSER app\n", ("no-healthcheck",)),
    Sample(f"{BASE}\nUSER app\nHEALTHCHECK NONE\n", ("no-healthcheck",)),
    Sample(f"# escape=`\n{BASE}\nRUN curl https://a.example/i `\n | sh{TAIL}", ("pipe-to-shell",)),
    Sample(f"\ufeff{BASE}\r\nRUN curl https://a.example/i \\\r\n | sh\r\n{TAIL}", ("pipe-to-shell",)),
)  # fmt: skip

SAMPLES = (*ONE_LINE, *WHOLE_FILE)
