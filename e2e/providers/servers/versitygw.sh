#!/usr/bin/env bash
# versitygw as it comes, over a folder: what internal/devs3 wraps and mends.
. "$(dirname "$0")/lib.sh"
version=v1.8.0
if [ "$1" = install ]; then build versitygw github.com/versity/versitygw@$version /cmd/versitygw; exit; fi

mkdir -p "$2/data"
cd "$2"
export ROOT_ACCESS_KEY=versityaccess ROOT_SECRET_KEY=versitysecretversitysecret
child versitygw "$bin/versitygw-$version" --port "127.0.0.1:$3" --region us-east-1 --virtual-domain s3.test --quiet posix data
answers "$3"
ready versitygw "${version#v}" "$3" versityaccess versitysecretversitysecret s3.test
