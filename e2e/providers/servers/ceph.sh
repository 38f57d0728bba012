#!/usr/bin/env bash
# Ceph RGW of Debian: one monitor, one OSD that keeps its data in memory, and radosgw, without systemd and without a manager.
. "$(dirname "$0")/lib.sh"
if [ "$1" = install ]; then debian radosgw ceph-mon ceph-osd radosgw; exit; fi

mkdir -p "$2"/{mon,osd,run,rgw}
cd "$2"
port=$3
cat >ceph.conf <<C
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon_initial_members = a
mon_host = [v2:127.0.0.1:$((port + 1)),v1:127.0.0.1:$((port + 2))]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
public_network = 127.0.0.0/8
ms_bind_port_min = $((port + 10))
ms_bind_port_max = $((port + 40))
keyring = $PWD/keyring
run_dir = $PWD/run
admin_socket = $PWD/run/\$name.asok
log_file = $PWD/run/\$name.log
log_to_stderr = false
auth_allow_insecure_global_id_reclaim = false
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
mon_data_avail_crit = 1
osd_crush_chooseleaf_type = 0
mon_data = $PWD/mon
osd_data = $PWD/osd
osd_objectstore = memstore
memstore_device_bytes = 2147483648
memstore_page_set = false
[client.rgw]
rgw_data = $PWD/rgw
rgw_frontends = beast endpoint=127.0.0.1:$port
rgw_dns_name = s3.test
rgw_thread_pool_size = 32
C
export CEPH_CONF=$PWD/ceph.conf
{
  ceph-authtool --create-keyring keyring --gen-key -n mon. --cap mon 'allow *'
  ceph-authtool keyring --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *'
  ceph-authtool keyring --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *'
  ceph-authtool keyring --gen-key -n client.rgw --cap mon 'allow rw' --cap osd 'allow rwx'
  fsid=$(sed -n 's/^fsid = //p' ceph.conf)
  monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$((port + 1)),v1:127.0.0.1:$((port + 2))]" monmap
  ceph-mon --mkfs -i a --monmap monmap --keyring keyring
} >setup.log 2>&1
child mon ceph-mon -i a -f
until_true ceph mon stat
{
  ceph auth import -i keyring
  uuid=$(cat /proc/sys/kernel/random/uuid)
  ceph osd new "$uuid"
  ceph-osd -i 0 --mkfs --osd-uuid "$uuid"
} >>setup.log 2>&1
child osd ceph-osd -i 0 -f
until_true sh -c 'ceph osd stat | grep -q "1 up"'
child rgw radosgw -n client.rgw -f
answers "$port"
radosgw-admin user create --uid=slipway --display-name=slipway --access-key=cephaccess --secret=cephsecretcephsecret >user.json
ready "Ceph RGW (Debian)" "$(dpkg-query -W -f '${Version}' radosgw)" "$port" cephaccess cephsecretcephsecret s3.test
