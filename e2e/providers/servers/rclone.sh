#!/usr/bin/env bash
# rclone serve s3 over a folder.
. "$(dirname "$0")/lib.sh"
version=v1.76.0
if [ "$1" = install ]; then build rclone github.com/rclone/rclone@$version; exit; fi

mkdir -p "$2/data"
cd "$2"
export RCLONE_CONFIG=/dev/null
child rclone "$bin/rclone-$version" serve s3 --addr "127.0.0.1:$3" --auth-key rcloneaccess,rclonesecretrclonesecret \
  --allow-origin '*' --vfs-cache-mode full --cache-dir "$PWD/cache" --quiet data
answers "$3"
ready "rclone serve s3" "${version#v}" "$3" rcloneaccess rclonesecretrclonesecret
