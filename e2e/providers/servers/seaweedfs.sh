#!/usr/bin/env bash
# SeaweedFS: master, volume server, filer and S3 in one process.
. "$(dirname "$0")/lib.sh"
version=v0.0.0-20261109003541-7506e5f91cd6
program=$bin/weed-$version
if [ "$1" = install ]; then
  [ -x "$program" ] && exit
  # It depends on a module that its author took away, which no `go install` can replace.
  mkdir -p "$bin/weed"
  cd "$bin/weed"
  cat >go.mod <<C
module slipway-seaweedfs

go 1.25.0

replace github.com/tyler-smith/go-bip39 => github.com/cosmos/go-bip39 v1.0.0

require github.com/seaweedfs/seaweedfs $version
C
  # The public checksum database does not answer for this one (404, 2026-11-30), so its sums are written down here.
  cat >go.sum <<C
github.com/seaweedfs/cockroachdb-parser v0.0.0-20260225204133-2f342c5ea564 h1:TgxPraf1NmF6XTcUG53ULpLQrKvhtUJxQ3hyekxSDNQ=
github.com/seaweedfs/cockroachdb-parser v0.0.0-20260225204133-2f342c5ea564/go.mod h1:JSKCh6uCHBz91lQYFYHCyTrSVIPge4SUFVn28iwMNB0=
C
  GOFLAGS='-buildvcs=false -mod=mod' go build -o "$program" github.com/seaweedfs/seaweedfs/weed
  exit
fi

mkdir -p "$2/data"
cd "$2"
port=$3
jq -n '{identities: [{name: "slipway", credentials: [{accessKey: "weedaccess", secretKey: "weedsecretweedsecret"}], actions: ["Admin"]}]}' >s3.json
child weed "$program" server -dir=data -ip=127.0.0.1 -ip.bind=127.0.0.1 -master.port=$((port + 1)) -volume.port=$((port + 2)) -filer.port=$((port + 3)) \
  -master.port.grpc=$((port + 4)) -volume.port.grpc=$((port + 5)) -filer.port.grpc=$((port + 6)) -volume.max=200 -master.volumeSizeLimitMB=64 \
  -filer -s3 -s3.port="$port" -s3.port.grpc=$((port + 7)) -s3.config=s3.json -s3.domainName=s3.test -metricsPort=0
answers "$port"
ready SeaweedFS "$("$program" version | awk '{print $3}')" "$port" weedaccess weedsecretweedsecret s3.test
