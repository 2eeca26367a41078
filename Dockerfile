# syntax=docker/dockerfile:1

# Alpine's Rust compiles for musl, so the binary is static and runs with nothing around it.
FROM rust:1.95-alpine AS build

# `ring` (TLS to Redis) compiles C and assembly. No version is pinned: the base image's Alpine release decides.
# hadolint ignore=DL3018
RUN apk add --no-cache gcc musl-dev

WORKDIR /build

# Exactly what the binary is made of: config/ and docs/ are embedded in it, and cargo refuses a manifest whose
# benchmarks are not there. Not rust-toolchain.toml: it
# names the channel "stable", and rustup would fetch that instead of using the compiler of this image.
COPY Cargo.toml Cargo.lock askama.toml ./
COPY benches/pure.rs benches/pure.rs
COPY benches/timing.rs benches/timing.rs
COPY config config
COPY docs docs
COPY src src

# Dependencies are downloaded and compiled once: both caches outlive a change of any file above. They are locked,
# for two builds at a time would write to the same place, and the binary is copied out, for a cache is no layer.
# `touch`: cargo tells changes by modification times, and the files of an older checkout would look unchanged
# beside the newer build in the cache.
# `--no-default-features`: without `vestibule dev` and its HTTP client, which nobody deploys.
# `chroot`: a binary that is not static fails here, not in production.
RUN --mount=type=cache,id=vestibule-registry,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,id=vestibule-target,target=/build/target,sharing=locked \
    touch src/lib.rs src/main.rs \
    && cargo build --release --locked --no-default-features --bin vestibule \
    && mkdir /out \
    && cp target/release/vestibule /out/vestibule \
    && chroot /out /vestibule --version


# No shell, no package manager, no libraries: nothing to update but the binary, which carries its TLS roots.
FROM scratch

COPY --from=build /out/vestibule /vestibule

# Not root. A number, for `scratch` has no user names and Kubernetes' runAsNonRoot can check nothing else.
USER 65532:65532

# The default is loopback, which nobody outside the container reaches. The environment beats the file.
ENV VESTIBULE__SERVER__LISTEN=0.0.0.0:8080
EXPOSE 8080

# `scratch` has no curl: the binary asks itself, at the address of the variable above.
HEALTHCHECK --interval=10s --timeout=7s --start-period=5s \
    CMD ["/vestibule", "healthcheck"]

# The configuration is mounted at /etc/vestibule/gateway.toml, readable for user 65532. The binary is process 1 and
# takes SIGTERM (stop when the requests in flight are answered) and SIGHUP (reload) itself.
ENTRYPOINT ["/vestibule"]
CMD ["serve", "--config", "/etc/vestibule/gateway.toml"]
