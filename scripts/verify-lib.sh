# shellcheck shell=bash
# Sourced by the verify scripts: checks told in a line each, the first failure ends, and the last line counts.
passed=0
failed=0
clean_ups=()
on_exit() { clean_ups+=("$1"); }
finish() {
  local status=$? each
  trap - EXIT INT TERM
  for each in "${clean_ups[@]}"; do "$each" || true; done
  [ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
  printf '%d passed, %d failed\n' "$passed" "$failed"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

# check NAME COMMAND…: silent when it holds; else what the command printed, and the end.
check() {
  local name=$1 begin=$SECONDS output
  shift
  output=$(mktemp)
  # In a subshell that stops at the first failing line, which a condition would switch off.
  set +e
  (set -e; "$@") > "$output" 2>&1
  local status=$?
  set -e
  if [ "$status" -eq 0 ]; then
    passed=$((passed + 1))
    printf 'ok      %s (%d s)\n' "$name" $((SECONDS - begin))
    rm -f "$output"
    return 0
  fi
  failed=$((failed + 1))
  tail -n 40 "$output"
  rm -f "$output"
  printf 'FAILED  %s\n' "$name"
  exit 1
}

# eventually SECONDS COMMAND…: until it holds, asked five times a second; its last words when it never does.
eventually() {
  local until=$((SECONDS + $1)) words
  shift
  while ! words=$("$@" 2>&1); do
    if [ "$SECONDS" -ge "$until" ]; then
      printf 'not in time: %s\n%s\n' "$*" "$words"
      return 1
    fi
    sleep 0.2
  done
}

# copy_of_tree FOLDER: what a fresh clone holds, and what is not committed yet; no .env of somebody, no key.
copy_of_tree() {
  mkdir -p "$1"
  # shellcheck disable=SC2154 # root is lib.sh's
  (cd "$root" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp -p --parents -t "$1")
}

# package_trial: a shell script that installs /tmp/firebase-relay.deb on a clean Debian, runs it and removes it.
package_trial() {
  cat << 'END'
set -e
apt-get update -qq
apt-get install -y -qq --no-install-recommends /tmp/firebase-relay.deb > /dev/null
[ "$(firebase-relay --version)" = "firebase-relay $(dpkg-query -W -f '${Version}' firebase-relay)" ]
firebase-relay check --help > /dev/null
mkdir -p /etc/systemd/system/multi-user.target.wants
ln -s /lib/systemd/system/firebase-relay.service /etc/systemd/system/multi-user.target.wants/
apt-get purge -y -qq firebase-relay > /dev/null
if dpkg-query -W firebase-relay 2> /dev/null; then exit 1; fi
[ -z "$(find / -xdev -name '*firebase-relay*' -not -path '/tmp/*' -not -path '/proc/*')" ]
END
}

# same_lines A B NAME_OF_A NAME_OF_B: two sorted lists that have to be the same.
same_lines() {
  local only_a only_b
  only_a=$(comm -23 <(echo "$1") <(echo "$2"))
  only_b=$(comm -13 <(echo "$1") <(echo "$2"))
  [ -z "$only_a" ] || echo "only in $3: $(tr '\n' ' ' <<< "$only_a")"
  [ -z "$only_b" ] || echo "only in $4: $(tr '\n' ' ' <<< "$only_b")"
  [ -z "$only_a$only_b" ]
}
