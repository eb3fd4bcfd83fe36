# syntax=docker/dockerfile:1

FROM node:22-bookworm-slim AS playground
WORKDIR /src/playground
COPY playground/package.json playground/package-lock.json playground/.npmrc* ./
RUN --mount=type=cache,target=/var/cache/npm npm ci --no-audit --no-fund --cache /var/cache/npm
COPY playground/ ./
RUN npm run build

FROM rust:1.95-bookworm AS server
WORKDIR /src
COPY . .
COPY --from=playground /src/playground/dist playground/dist
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin pluma && cp target/release/pluma /usr/local/bin/pluma

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin pluma \
    && install -d -o pluma -g pluma -m 0700 /data
COPY --from=server /usr/local/bin/pluma /usr/local/bin/pluma
ENV PLUMA_ENV=production \
    PLUMA_LISTEN=0.0.0.0:8000 \
    PLUMA_DATA_DIR=/data
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 \
    CMD ["pluma", "doctor", "--quick"]
ENTRYPOINT ["pluma"]
CMD ["serve"]
