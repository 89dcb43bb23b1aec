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
# Inside a container the port is published by whoever starts it: publish it to 127.0.0.1 only, since anyone who
# reaches it may run commands in here (docker run -p 127.0.0.1:8606:8606 …).
ENV MEPROC_IP=0.0.0.0 MEPROC_DATA_DIR=/data
VOLUME /data
EXPOSE 8606
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/meproc"]
