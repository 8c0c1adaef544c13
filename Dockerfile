# docker build -t reeve .               the daemon
# docker build -t reeve-demo --target demo .   the service to break, of docker-compose.yml

FROM debian:bookworm-slim AS base
COPY packages.txt /tmp/
# install SECTION: the packages of that section of packages.txt
RUN printf '%s\n' '#!/bin/sh' 'set -e' 'apt-get update -qq' \
      'awk -v want="[$1]" '"'"'/^\[/ {on = $0 == want; next} on && NF && !/^#/'"'"' /tmp/packages.txt \
      | DEBIAN_FRONTEND=noninteractive xargs apt-get install -y -qq --no-install-recommends' \
      'rm -rf /var/lib/apt/lists/* /var/cache/apt/*' > /usr/local/bin/install-section \
    && chmod +x /usr/local/bin/install-section

FROM base AS build
RUN install-section build
WORKDIR /src
COPY . .
RUN cmake --preset release && cmake --build --preset release && strip build/release/reeve build/release/reeve-launcher

FROM base AS demo
RUN install-section image
COPY --from=build /src/build/release/reeve-demo /usr/local/bin/
USER nobody
ENTRYPOINT ["reeve-demo"]

FROM base AS reeve
RUN install-section image && useradd --system --no-create-home reeve \
    && install -d -o reeve -g reeve -m 700 /var/lib/reeve
COPY --from=build /src/build/release/reeve /src/build/release/reeve-launcher /usr/local/bin/
USER reeve
VOLUME /var/lib/reeve
EXPOSE 8006
# Docker waits 10 s and then kills: `docker run --stop-timeout`, or compose's stop_grace_period, should be what
# `reeve validate` says of the config.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s CMD ["reeve", "healthcheck"]
ENTRYPOINT ["reeve"]
CMD ["run", "-c", "/etc/reeve/reeve.yaml", "--state-dir", "/var/lib/reeve"]
