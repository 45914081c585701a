# Undertone on plain CPUs, with its model inside. Build it: docker build -t undertone:0.1.0 .
# Dockerfile.cuda is for GPUs.

ARG RUST=1.95.0

FROM rust:${RUST}-slim-bookworm AS chef
WORKDIR /src
# rust-toolchain.toml asks for rustfmt and clippy as well: the image's own toolchain is the same one without them.
ENV RUSTUP_TOOLCHAIN=${RUST_VERSION} CARGO_INCREMENTAL=0
# OpenSSL and librdkafka are built from source and linked in. The versions are those of the base image's Debian release.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends g++ make perl \
    && rm -rf /var/lib/apt/lists/*
RUN cargo install --locked cargo-chef@0.1.78

FROM chef AS plan
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS build
# The dependencies alone: this layer stays while only our own code changes.
COPY --from=plan /src/recipe.json recipe.json
RUN cargo chef cook --release --locked --recipe-path recipe.json
COPY . .
RUN cargo build --release --locked --bin undertone && strip target/release/undertone

# glibc, libgcc and certificates; no shell, no package manager, and a user without rights (65532).
FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="undertone" \
      org.opencontainers.image.description="Social listening on Kafka: brand mentions in, sentiment toward each brand out, exactly once" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY LICENSE /usr/share/doc/undertone/LICENSE
# The model first: it changes rarely, and is the larger layer. The program looks for it beside itself, under ../share.
COPY models/default /usr/share/undertone/models/default
COPY --from=build /src/target/release/undertone /usr/bin/undertone
ENV UNDERTONE_CONFIG=/etc/undertone/undertone.toml
EXPOSE 9464
USER 65532:65532
ENTRYPOINT ["/usr/bin/undertone"]
CMD ["run"]
