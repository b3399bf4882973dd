# shellcheck shell=bash
# Sourced by the other scripts: where things are, and building with progress shown.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=${JOBS:-$(nproc)}

say() { printf '\n== %s\n' "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# build PRESET [TARGET …]: configures when needed, then builds; ninja shows the progress.
build() {
  local preset=$1 targets=()
  shift
  [ $# -eq 0 ] || targets=(--target "$@")
  (cd "$root" && cmake --preset "$preset" > "$root/build/$preset-configure.log" 2>&1) || { tail -n 20 "$root/build/$preset-configure.log" >&2; die "cmake --preset $preset failed"; }
  (cd "$root" && cmake --build --preset "$preset" --parallel "$jobs" "${targets[@]}") || die "the $preset build failed"
}
mkdir -p "$root/build"
