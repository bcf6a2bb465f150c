# shellcheck shell=bash
# Sourced by the scripts: podman, buildah and runc with storage, networks and settings of their own, so that nothing
# of the machine's is touched. COPYDESK_ENGINE names the folder; remove it, and all is gone.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
ENGINE=${COPYDESK_ENGINE:-/var/tmp/copydesk-engine}
export ROOT ENGINE

for tool in podman buildah runc conmon iptables debootstrap ip nsenter; do
    command -v "$tool" >/dev/null || {
        echo "$tool is missing: apt-get install podman buildah runc conmon netavark aardvark-dns iptables debootstrap iproute2" >&2
        exit 2
    }
done
((EUID == 0)) || { echo "root is needed, for namespaces and debootstrap" >&2; exit 2; }

# Podman gives root limits of its own, which the kernel refuses where root may not raise its limits.
lesser() { (($1 < $2)) && echo "$1" || echo "$2"; }
number() { [[ $1 == unlimited ]] && echo 1048576 || echo "$1"; }
files=$(number "$(ulimit -Hn)")
processes=$(lesser "$(number "$(ulimit -Hu)")" "$(</proc/sys/kernel/pid_max)")

mkdir -p "$ENGINE"
cat >"$ENGINE/storage.conf" <<END
[storage]
driver = "overlay"
graphroot = "$ENGINE/storage"
runroot = "$ENGINE/run"
END
cat >"$ENGINE/containers.conf" <<END
[containers]
default_ulimits = ["nofile=$files:$files", "nproc=$processes:$processes"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
tmp_dir = "$ENGINE/run/libpod"
[network]
network_backend = "netavark"
network_config_dir = "$ENGINE/networks"
END
# Short names are those of images made here; were one missing, nothing is asked beyond this machine.
echo 'unqualified-search-registries = ["localhost"]' >"$ENGINE/registries.conf"

export CONTAINERS_CONF=$ENGINE/containers.conf
export CONTAINERS_STORAGE_CONF=$ENGINE/storage.conf
export CONTAINERS_REGISTRIES_CONF=$ENGINE/registries.conf
export BUILDAH_ISOLATION=chroot
# Podman has health checks run by systemd, which need not be there; the trial runs them instead.
export DISABLE_HC_SYSTEMD=true

build() { # IMAGE FOLDER [OPTION]...: nothing is pulled
    buildah build --pull-never --quiet "${@:3}" --tag "$1" "$2" >/dev/null
}
