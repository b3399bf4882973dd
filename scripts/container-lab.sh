#!/bin/bash
# Builds, runs and composes the project's container images on a Debian 12 machine without a Docker engine or an image registry:
# Debian's own docker.io, started by hand, with debian:…-slim made from Debian's packages. scripts/verify-container uses
# it where no engine answers; Prometheus, Alertmanager and Redis are then Debian's, and of Grafana only its files are tried.
usage() {
  cat <<'EOF'
container-lab.sh COMMAND        (as root; quick when the work is already done)
  setup                         install the tools
  base RELEASE                  make debian:RELEASE-slim
  build DIR TAG [OPTIONS]       docker build (BuildKit) with the machine's network, then hand TAG to `run` and `compose`
  standins FILE                 make the other images that FILE (a compose file) names, from Debian's packages
  run [OPTIONS] TAG [ARGS]      docker run --rm: read-only root, tmpfs /tmp, no capabilities, no new privileges, lab network
  compose ARGS                  docker-compose 1.29 in the current folder
  docker ARGS                   any docker command
  running                       exit 0 when its engine runs
  base-size RELEASE             bytes of debian:RELEASE-slim
  in COMMAND                    a command in the lab's network (a namespace of its own, with its own loopback): curl, redis-cli ...
  stop                          stop the engines and every container; images stay
LAB_ARCH=arm64 before base and build: the same under emulation, many times slower.
EOF
}
set -euo pipefail
host_arch=$(dpkg --print-architecture)
arch=${LAB_ARCH:-$host_arch}
lab=${LAB_DIR:-/var/lib/container-lab}
run=/run/container-lab
netns=container-lab
standin_release=trixie  # what the other images are made from
export DOCKER_BUILDKIT=1 DEBIAN_FRONTEND=noninteractive
die() { echo "container-lab: $*" >&2; exit 1; }

install_missing() {  # FILE=PACKAGE ...
  local need=() pair policy=/usr/sbin/policy-rc.d made=
  for pair; do [ -e "${pair%=*}" ] || need+=("${pair#*=}"); done
  [ ${#need[@]} -gt 0 ] || return 0
  [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' > $policy; chmod 755 $policy; made=1; }  # install, start nothing
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${need[@]}" > "$lab/apt.log" 2>&1 || { tail -5 "$lab/apt.log" >&2; die "cannot install ${need[*]}"; }
  [ -z "$made" ] || rm -f $policy
}
setup() {
  install_missing /usr/sbin/dockerd=docker.io /usr/bin/docker-compose=docker-compose /usr/bin/mmdebstrap=mmdebstrap \
    /usr/sbin/iptables=iptables /usr/bin/ip=iproute2
  [ "$arch" != "$host_arch" ] || return 0
  install_missing /usr/bin/qemu-aarch64-static=qemu-user-static /usr/bin/arch-test=arch-test /usr/sbin/update-binfmts=binfmt-support
  mountpoint -q /proc/sys/fs/binfmt_misc || mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
  arch-test -n "$arch" > /dev/null || update-binfmts --enable > /dev/null
}

# One engine builds, in the machine's network without a bridge: it reaches Debian's archive and changes no firewall.
# The other runs containers, with bridges, names and published ports, in a network namespace of its own.
engine() {  # NAME NETWORK-NAMESPACE [DOCKERD OPTIONS]
  local name=$1 where=$2; shift 2
  sock=unix://$run/$name.sock
  ! docker_ version > /dev/null 2>&1 || return 0
  mkdir -p "$run/$name" "$lab/$name"
  rm -f "$run/$name.pid"
  setsid nsenter --net="$where" dockerd -H "$sock" --data-root "$lab/$name" --exec-root "$run/$name" --pidfile "$run/$name.pid" \
    --default-ulimit nofile=8192:8192 "$@" > "$lab/$name.log" 2>&1 < /dev/null 9>&- &
  for _ in $(seq 150); do ! docker_ version > /dev/null 2>&1 || return 0; sleep 0.2; done
  tail -5 "$lab/$name.log" >&2; die "dockerd ($name) does not start"
}
builder() { engine "build-$arch" /proc/self/ns/net --bridge=none --iptables=false --ip6tables=false --ip-forward=false; }
runner() {
  [ -e /run/netns/$netns ] || { ip netns add $netns; ip -n $netns link set lo up; }
  engine run /run/netns/$netns
}
docker_() { /usr/bin/docker -H "$sock" "$@"; }
id_of() { docker_ image inspect -f '{{.Id}}' "$1" 2> /dev/null || true; }

base() {  # RELEASE
  local image=debian:$1-slim tmp
  setup; builder
  [ -z "$(id_of "$image")" ] || return 0
  tmp=$(mktemp -d)
  # As the official slim image: no documentation, locales or package lists, and a package cache that empties itself.
  # shellcheck disable=SC2016  # $1 belongs to the hooks
  mmdebstrap --quiet --arch="$arch" --variant=minbase --include=usr-is-merged --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    --dpkgopt='path-exclude=/usr/share/lintian/*' --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin "$1"/var/log/*.log "$1"/etc/resolv.conf "$1"/etc/hostname' \
    --customize-hook='printf "%s\n" "DPkg::Post-Invoke { \"rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true\"; };" "Acquire::Languages \"none\";" > "$1"/etc/apt/apt.conf.d/docker-clean' \
    "$1" "$tmp/layer.tar" > "$lab/base.log" 2>&1 || { tail -5 "$lab/base.log" >&2; die "mmdebstrap failed"; }
  # The least that `docker load` takes.
  echo "{\"architecture\":\"$arch\",\"os\":\"linux\",\"config\":{\"Cmd\":[\"bash\"],\"Env\":[\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\"]},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:$(sha256sum < "$tmp/layer.tar" | cut -d' ' -f1)\"]}}" > "$tmp/config.json"
  echo "[{\"Config\":\"config.json\",\"RepoTags\":[\"$image\"],\"Layers\":[\"layer.tar\"]}]" > "$tmp/manifest.json"
  tar -C "$tmp" -c manifest.json config.json layer.tar | docker_ load
  rm -rf "$tmp"
}

build() {  # DIR TAG [OPTIONS]
  local dir=$1 tag=$2 id from release releases; shift 2
  mapfile -t releases < <(sed -nE 's/^FROM debian:([a-z]+)-slim.*/\1/p' "$dir/Dockerfile" | sort -u)
  for release in "${releases[@]}"; do base "$release"; done
  docker_ build --network host --platform "linux/$arch" -t "$tag" "$@" "$dir"
  id=$(id_of "$tag") from=$sock
  runner
  [ "$(id_of "$tag")" = "$id" ] || /usr/bin/docker -H "$from" save "$tag" | docker_ load
}

standins() {  # COMPOSE FILE
  local name dir; dir=$(mktemp -d)
  setup
  for name in $(docker-compose -f "$1" config | sed -n 's/^ *image: //p' | sort -u); do
    recipe "$name" > "$dir/Dockerfile" || { echo "no stand-in for $name: build it with 'build'"; continue; }
    echo "stand-in for $name"; build "$dir" "$name" -q
  done
  rm -rf "$dir"
}
recipe() {  # IMAGE: a Dockerfile on stdout
  local name=${1%%:*} package user dir prepare=true signal=SIGTERM entry=[] cmd=[]
  case $name in
    redis) package=redis-server user=redis dir=/data entry='["entry"]' cmd='["redis-server"]'
      prepare="printf '#!/bin/sh\ncase \$1 in redis-server) exec \"\$@\" --protected-mode no;; esac\nexec \"\$@\"\n' > /bin/entry && chmod 755 /bin/entry" ;;
    prom/prometheus) package=prometheus user=nobody dir=/prometheus entry='["/bin/prometheus"]'
      cmd='["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]' ;;
    prom/alertmanager) package=prometheus-alertmanager user=nobody dir=/alertmanager entry='["/bin/alertmanager"]'
      cmd='["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"]' prepare="ln -s $package /bin/alertmanager" ;;
    grafana/grafana*) package=ca-certificates user=472 dir=/var/lib/grafana signal=SIGKILL  # no Grafana: shows that its files are mounted and readable
      prepare="install -d /www/api && echo '{\"database\":\"ok\"}' > /www/api/health"
      cmd='["sh", "-c", "cat /etc/grafana/provisioning/*/*.y*ml && exec busybox httpd -f -p 3000 -h /www"]' ;;
    *) return 1 ;;
  esac
  printf '%s\n' "FROM debian:$standin_release-slim" "RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends $package busybox && rm -rf /var/lib/apt/lists/*" \
    "RUN ln -s busybox /bin/wget && install -d -o $user $dir && $prepare" "WORKDIR $dir" "VOLUME $dir" "USER $user" "STOPSIGNAL $signal" "ENTRYPOINT $entry" "CMD $cmd"
}

running() { sock=unix://$run/run.sock; docker_ version > /dev/null 2>&1; }
base-size() { base "$1" > /dev/null; docker_ image inspect -f '{{.Size}}' "debian:$1-slim"; }

stop() {
  local file pid
  for file in "$run"/*.pid; do
    if ! { pid=$(cat "$file") && kill "$pid"; } 2> /dev/null; then continue; fi
    for _ in $(seq 150); do [ -e "/proc/$pid/exe" ] || break; sleep 0.2; done
  done
  [ ! -e /run/netns/$netns ] || ip netns del $netns
}

case ${1:-help} in help | -h | --help) usage; exit ;; esac
[ "$(id -u)" = 0 ] || die "needs root"
mkdir -p "$lab" "$run"
command=$1; shift
exec 9> "$run/lock"; flock 9  # one at a time while engines start and images are made
case $command in
  setup | base | base-size | build | standins | running | stop) "$command" "$@" ;;
  run | docker | compose | in)
    setup; runner; exec 9>&-
    export DOCKER_HOST=$sock
    case $command in
      run) exec /usr/bin/docker run --rm --network host --read-only --tmpfs /tmp:size=16m --cap-drop ALL --security-opt no-new-privileges "$@" ;;
      docker) exec /usr/bin/docker "$@" ;;
      compose) exec docker-compose "$@" ;;
      in) exec nsenter --net=/run/netns/$netns -- "$@" ;;
    esac ;;
  *) usage >&2; exit 2 ;;
esac
