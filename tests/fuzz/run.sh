#!/bin/sh
# run.sh SECONDS THING: fuzzes one target and says in one line how it went. Called by `./dev test fuzz`.
set -eu
seconds=$1
name=$2
work=build/fuzz/runs/$name
mkdir -p "$work/corpus" "$work/found"

set -- "$work/corpus" "tests/fuzz/corpus/$name"
case $name in
  config) set -- "$@" tests/config/bad ;;
  front) set -- "$@" tests/fuzz/corpus/request ;;
esac

status=0
"build/fuzz/${name}_fuzz" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 \
  -print_final_stats=1 -artifact_prefix="$work/found/" "$@" >"$work/log" 2>&1 || status=$?

if [ "$status" = 0 ]; then
  echo "$name: $(awk '/number_of_executed_units/ {print $2}' "$work/log") runs, nothing found"
else
  echo "$name: FAILED: $(grep -m 1 -E '^does not hold|runtime error:|ERROR: ' "$work/log" || tail -n 1 "$work/log")"
  echo "  the whole story: $work/log"
  echo "  again: build/fuzz/${name}_fuzz $(sed -n 's/.*Test unit written to //p' "$work/log" | tail -n 1)"
  exit 1
fi
