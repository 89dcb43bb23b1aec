# The executable is built in the first stage; the image that remains holds it alone, on a small base with a shell.
FROM oven/bun:1.4.5 AS build
WORKDIR /build
COPY package.json bun.lock bunfig.toml tsconfig.json build.ts ./
RUN bun install --frozen-lockfile
COPY src src
COPY public public
RUN bun build.ts

FROM debian:bookworm-slim
COPY --from=build /build/dist/meproc /usr/local/bin/meproc
# It listens on every address of the container, so a token is needed: the first start prints it, and /data/token holds it.
ENV MEPROC_IP=0.0.0.0 MEPROC_DATA_DIR=/data
VOLUME /data
EXPOSE 8606
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/meproc"]
