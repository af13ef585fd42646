#!/bin/sh
# A runner in POSIX shell: `runner.sh describe` and `runner.sh run`, see docs/protocol.md.
# It needs `sha256sum`, and a `date` that prints nanoseconds (GNU, BusyBox).
set -eu

# --- the implementations: each is a function that sets $answer

nothing() { answer=0; }

busywait() { # $1: nanoseconds to wait without sleeping
    until=$(($(now) + $1))
    while [ "$(now)" -lt "$until" ]; do :; done
    answer=1
}

# --- the protocol

# The protocol requires a monotonic clock. A shell has none: do not set the time during a run.
now() { date +%s%N; }

describe() {
    cat <<'END'
{"protocol": 1, "language": "shell", "version": "POSIX", "facts": {"clock": "date"},
 "implementations": [
   {"workload": "nothing", "model": "sh", "source": "runner.sh"},
   {"workload": "busywait", "model": "sh", "source": "runner.sh"}]}
END
}

send() { printf '%s\n' "$1" >&3; }

# Print the value of a field: an integer, or a string without quotes in it. Use a JSON parser if
# your language has one.
field() { printf '%s\n' "$2" | sed -n 's/.*"'"$1"'": *"\{0,1\}\([^,"{}]*\).*/\1/p'; }

sample() { # $1: iteration, $2: true for warm-up, $3: calls
    calls=$3
    begin=$(now)
    while [ "$calls" -gt 0 ]; do
        "$workload" "$wait_ns"
        calls=$((calls - 1))
    done
    elapsed=$(($(now) - begin))
    printf '{"kind": "sample", "case": "%s", "iteration": %d, "warmup": %s, "elapsed_ns": %d, ' \
        "$id" "$1" "$2" "$elapsed" >&3
    send "\"operations\": $(($3 * operations))}"
}

run_case() { # $1: the case as JSON
    id=$(field id "$1") operations=$(field operations "$1") wait_ns=$(field wait_ns "$1")
    warmup=$(field warmup "$1") iterations=$(field iterations "$1")
    minimum=$(field min_sample_ns "$1")
    iteration=0 calls_per_sample=1
    # Double the calls until a sample lasts at least min_sample_ns.
    while [ "$minimum" -gt 0 ]; do
        sample "$iteration" true "$calls_per_sample"
        iteration=$((iteration + 1))
        if [ "$elapsed" -ge "$minimum" ]; then break; fi
        calls_per_sample=$((calls_per_sample * 2))
    done
    warmup=$((iteration + warmup))
    last=$((warmup + iterations))
    while [ "$iteration" -lt "$last" ]; do
        if [ "$iteration" -lt "$warmup" ]; then is_warmup=true; else is_warmup=false; fi
        sample "$iteration" "$is_warmup" "$calls_per_sample"
        iteration=$((iteration + 1))
    done
    digest=$(printf %s "$answer" | sha256sum | cut -d ' ' -f 1)
    send "{\"kind\": \"outcome\", \"case\": \"$id\", \"digest\": \"$digest\", \"value\": \"$answer\"}"
}

run() {
    read -r request
    exec 3>&1 1>&2 0</dev/null # so that a stray `echo` cannot corrupt the protocol
    workload=$(field workload "$request")
    case $workload in
    nothing | busywait) ;;
    *)
        send '{"kind": "error", "reason": "unsupported", "message": "no such workload here"}'
        exit 2
        ;;
    esac
    send '{"kind": "started", "protocol": 1}'
    # One line per case: the harness writes `id` as the first field of a case.
    cases=$(printf '%s\n' "$request" | awk '{ gsub(/\{"id":/, "\n&"); print }' | tail -n +2)
    while read -r test_case; do run_case "$test_case"; done <<END
$cases
END
    send '{"kind": "finished"}'
}

case ${1-} in
describe | run) "$1" ;;
*) echo "usage: runner.sh describe | run" >&2 && exit 2 ;;
esac
