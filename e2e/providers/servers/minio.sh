#!/usr/bin/env bash
# MinIO, one node with one drive, built from the last commit of its archived repository.
. "$(dirname "$0")/lib.sh"
version=v0.0.0-20260212201848-7aac2a2c5b7c
if [ "$1" = install ]; then build minio github.com/minio/minio@$version; exit; fi

mkdir -p "$2/data"
cd "$2"
export MINIO_ROOT_USER=minioaccess MINIO_ROOT_PASSWORD=miniosecretminiosecret MINIO_BROWSER=off MINIO_DOMAIN=s3.test MINIO_UPDATE=off
child minio "$bin/minio-$version" server --address "127.0.0.1:$3" --quiet data
answers "$3"
ready MinIO 2026-02-12 "$3" minioaccess miniosecretminiosecret s3.test
