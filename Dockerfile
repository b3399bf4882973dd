# The relay:              docker build --target firebase-relay -t firebase-relay:local .
# The demo's other half:  docker build --target tools -t firebase-relay-tools:local .
# Without a target it is the relay. Builds for amd64 and arm64; needs BuildKit (DOCKER_BUILDKIT=1 before Docker 23).

FROM debian:trixie-slim AS compiler
ENV DEBIAN_FRONTEND=noninteractive
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    rm -f /etc/apt/apt.conf.d/docker-clean && apt-get update -qq && apt-get install -y -qq --no-install-recommends \
    ccache cmake g++ ninja-build pkg-config \
    libcivetweb-dev libcli11-dev libconcurrentqueue-dev libcurl4-openssl-dev libexpected-dev libhiredis-dev liblz4-dev libsimdjson-dev \
    libspdlog-dev libsqlite3-dev libssl-dev libxxhash-dev libzstd-dev nlohmann-json3-dev prometheus-cpp-dev > /dev/null
ENV CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_DIR=/ccache CCACHE_NOHASHDIR=1
WORKDIR /source
COPY . .
# -O2 without link-time optimisation: a Raspberry Pi has to build it, too. Assertions stay on.
RUN cmake -S . -B /build -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O2 \
    -DCMAKE_EXE_LINKER_FLAGS_RELEASE=-s -DRELAY_TESTS=OFF -DRELAY_TOOLS=ON > /dev/null

FROM compiler AS build-relay
RUN --mount=type=cache,target=/ccache cmake --build /build --target firebase-relay

FROM compiler AS build-tools
RUN --mount=type=cache,target=/ccache cmake --build /build --target rtdb-emulator broker-sim ledger-check

FROM debian:trixie-slim AS tools
ENV DEBIAN_FRONTEND=noninteractive
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    apt-get update -qq && apt-get install -y -qq --no-install-recommends libcivetweb1 libcurl4t64 libhiredis1.1.0 libssl3t64 > /dev/null
COPY --from=build-tools /build/tools/rtdb_emulator/rtdb-emulator /build/tools/broker_sim/broker-sim /build/tools/broker_sim/ledger-check /usr/bin/
USER 10001:10001
STOPSIGNAL SIGTERM
LABEL org.opencontainers.image.title="firebase-relay-tools" \
      org.opencontainers.image.description="A stand-in for the Realtime Database, and a broker that publishes: for the demo" \
      org.opencontainers.image.licenses="Apache-2.0"

FROM debian:trixie-slim AS firebase-relay
ENV DEBIAN_FRONTEND=noninteractive
# 20 MB over the base on amd64: the program, and shared libraries, most of them libcurl's (OpenSSL, GnuTLS, Kerberos, LDAP).
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    apt-get update -qq && apt-get install -y -qq --no-install-recommends \
    ca-certificates libcivetweb1 libcurl4t64 libfmt10 libhiredis1.1.0 liblz4-1 libprometheus-cpp-core1.0 libsimdjson25 libspdlog1.15 \
    libsqlite3-0 libssl3t64 libxxhash0 libzstd1 > /dev/null && \
    install -d -o 10001 -g 10001 -m 700 /data
COPY --from=build-relay /build/src/firebase-relay /usr/bin/
COPY LICENSE routes.json /usr/share/doc/firebase-relay/
# What the database has not acknowledged yet, and the dead letters.
ENV FIREBASE_RELAY_OUTBOX=/data/outbox.db
VOLUME /data
USER 10001:10001
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="firebase-relay" \
      org.opencontainers.image.description="Relays Redis pub/sub into a Firebase Realtime Database" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
EXPOSE 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["firebase-relay", "healthcheck"]
ENTRYPOINT ["firebase-relay"]
