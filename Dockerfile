# Two images: the broker alone, which is the last stage and so the default, and
# the S3 server of docker-compose.yml (--target s3). Each is one static program.
FROM --platform=$BUILDPLATFORM golang:1.26 AS source
WORKDIR /src
COPY go.mod go.sum ./
COPY api api
COPY cmd cmd
COPY internal internal
COPY web web
ARG TARGETOS TARGETARCH
ENV CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH

# With the caches only what a program needs is fetched, and only once.
FROM source AS build
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go build -trimpath -ldflags='-s -w' -o /out/broker ./cmd/broker

FROM source AS build-s3
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go build -trimpath -ldflags='-s -w' -o /out/broker-s3 ./cmd/broker-s3 && mkdir /out/data

FROM scratch AS s3
COPY --from=build-s3 /out/broker-s3 /broker-s3
# A volume that is mounted there for the first time gets this owner.
COPY --from=build-s3 --chown=65532:65532 /out/data /data
USER 65532:65532
ENV S3_LISTEN=:7070 S3_DATA=/data
EXPOSE 7070
ENTRYPOINT ["/broker-s3"]

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/broker /broker
USER 65532:65532
ENV BROKER_LISTEN=:8080
EXPOSE 8080
ENTRYPOINT ["/broker"]
CMD ["serve"]
