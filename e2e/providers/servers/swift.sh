#!/usr/bin/env bash
# OpenStack Swift of Debian with s3api: one device, tempauth, and a memcached beside it.
. "$(dirname "$0")/lib.sh"
if [ "$1" = install ]; then debian swift-proxy-server swift-proxy swift-account swift-container swift-object memcached; exit; fi

mkdir -p "$2"/{etc,node/disk}
cd "$2"
port=$3
cat >etc/swift.conf <<C
[swift-hash]
swift_hash_path_suffix = slip
swift_hash_path_prefix = way
[storage-policy:0]
name = Policy-0
default = yes
C
common="workers = 0
user = $(id -un)
swift_dir = $PWD/etc
log_address = $PWD/none
log_level = ERROR
bind_ip = 127.0.0.1"
at=$((port + 1))
for kind in account container object; do
  ring=etc/$kind.builder
  {
    swift-ring-builder "$ring" create 6 1 1
    swift-ring-builder "$ring" add "r1z1-127.0.0.1:$at/disk" 1
    swift-ring-builder "$ring" rebalance
  } >>setup.log 2>&1
  cat >"etc/$kind.conf" <<C
[DEFAULT]
devices = $PWD/node
mount_check = false
bind_port = $at
$common
[pipeline:main]
pipeline = $kind-server
[app:$kind-server]
use = egg:swift#$kind
C
  child "$kind" "swift-$kind-server" "etc/$kind.conf"
  at=$((at + 1))
done
# CORS is the proxy's setting: the origins of all pages that may record.
cat >etc/proxy.conf <<C
[DEFAULT]
bind_port = $port
$common
cors_allow_origin = *
strict_cors_mode = false
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats bulk s3api tempauth copy slo dlo versioned_writes symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = swiftsecret .admin
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
max_upload_part_num = 10000
cors_preflight_allow_origin = *
storage_domain = s3.test
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$at
C
for filter in catch_errors gatekeeper healthcheck listing_formats bulk copy slo dlo symlink versioned_writes; do
  printf '[filter:%s]\nuse = egg:swift#%s\n' "$filter" "$filter" >>etc/proxy.conf
done
printf 'allow_versioned_writes = true\nallow_object_versioning = true\n' >>etc/proxy.conf
child memcached memcached -u "$(id -un)" -l 127.0.0.1 -p "$at" -m 32
child proxy swift-proxy-server etc/proxy.conf
answers "$port"
ready "OpenStack Swift s3api (Debian)" "$(dpkg-query -W -f '${Version}' swift-proxy)" "$port" test:tester swiftsecret s3.test
