# Sourced in the guest: joins a cluster of one node, whose heartbeat is on the disk $1 (1 MiB is enough), and mounts the kernel's own dlmfs on each
# of the other arguments. Two mounts take locks from one another as two nodes do. The cluster is set up by configfs alone; the heartbeat needs
# some six seconds to be steady.
dlmfs_cluster() {
    local cluster=/sys/kernel/config/cluster/pentode disk=$1 region place
    shift
    /run/modprobe -a configfs ocfs2_stack_o2cb ocfs2_dlmfs || return
    mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config || return
    echo o2cb >/sys/fs/ocfs2/cluster_stack
    mkdir $cluster $cluster/node/self || return
    echo 7777 >$cluster/node/self/ipv4_port
    echo 127.0.0.1 >$cluster/node/self/ipv4_address
    echo 1 >$cluster/node/self/num
    echo 1 >$cluster/node/self/local
    region=$cluster/heartbeat/00000000000000000000000000000001
    mkdir $region || return
    echo 512 >$region/block_bytes
    echo 1 >$region/start_block
    echo 8 >$region/blocks
    exec 9<>"$disk"
    echo 9 >$region/dev || return
    exec 9>&-
    for place in "$@"; do
        mkdir -p "$place" && mount -t ocfs2_dlmfs none "$place" || return
    done
}
