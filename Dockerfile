# The broker alone: one static program and the certificates it trusts.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
COPY api api
COPY cmd cmd
COPY internal internal
COPY web web
ARG TARGETOS TARGETARCH
ENV CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH
# With the caches only what the broker needs is fetched, and only once.
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go build -trimpath -ldflags='-s -w' -o /out/broker ./cmd/broker

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/broker /broker
USER 65532:65532
ENV BROKER_LISTEN=:8080
EXPOSE 8080
ENTRYPOINT ["/broker"]
CMD ["serve"]
