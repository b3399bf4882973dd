# shellcheck shell=bash
# Sourced by the verify scripts: the Docker engine that answers, or the lab's (scripts/container-lab.sh), under the same names.
# root is lib.sh's; no function here knows what is in the images.
lab=
lab_was_up=
engine_begin() { docker_ version && compose version; }
find_engine() {
  if docker version > /dev/null 2>&1; then return 0; fi
  # shellcheck disable=SC2154
  lab=$root/scripts/container-lab.sh
  [ "$(id -u)" -eq 0 ] || die "no Docker engine answers, and only root can start one: run as root"
  ! "$lab" running || lab_was_up=1
}
engine_end() { [ -z "$lab" ] || [ -n "$lab_was_up" ] || "$lab" stop; }

docker_() { if [ -n "$lab" ]; then "$lab" docker "$@"; else docker "$@"; fi; }
compose() {
  if [ -n "$lab" ]; then "$lab" compose "$@"; elif docker compose version > /dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi
}
# build_image FOLDER TAG [OPTIONS]
build_image() {
  if [ -n "$lab" ]; then "$lab" build "$@" -q; else DOCKER_BUILDKIT=1 docker build -q -t "$2" "${@:3}" "$1"; fi
}
# run_image [OPTIONS] TAG [ARGUMENTS]
run_image() { docker_ run --rm "$@"; }
image_size() {
  [ -n "$(docker_ image inspect -f '{{.Size}}' "$1" 2> /dev/null)" ] || [ -n "$lab" ] || docker_ pull -q "$1" > /dev/null
  if [ -n "$lab" ] && [[ $1 =~ ^debian:([a-z]+)-slim$ ]]; then "$lab" base-size "${BASH_REMATCH[1]}"; else docker_ image inspect -f '{{.Size}}' "$1"; fi
}
# make_others FILE: the images of a compose file that we do not build. An engine with a registry pulls them by itself.
make_others() { [ -z "$lab" ] || "$lab" standins "$@"; }
# on_host COMMAND…: reaches what is published on this machine's loopback (the lab has a loopback of its own).
on_host() { if [ -n "$lab" ]; then "$lab" in "$@"; else "$@"; fi; }
host_curl() { on_host curl -fsS "$@"; }
find_engine
