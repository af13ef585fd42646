#!/bin/sh
# A Loombench runner in POSIX shell: `runner.sh describe` and `runner.sh run`, as docs/protocol.md
# has them. It needs `date` with nanoseconds (GNU, BusyBox) and `sha256sum`.
set -eu

# --- the implementations: a function each, which leaves its answer in $answer

nothing() { answer=0; }

busywait() { # $1: nanoseconds to wait without sleeping
    until=$(($(now) + $1))
    answer=0
    while [ "$(now)" -lt "$until" ]; do answer=1; done
}

# --- the protocol

# The protocol asks for a monotonic clock and a shell has none: do not set the time meanwhile.
now() { date +%s%N; }

describe() {
    cat <<'END'
{"protocol": 1, "language": "shell", "version": "POSIX", "facts": {"clock": "date"},
 "implementations": [
   {"workload": "nothing", "model": "sh", "source": "runner.sh"},
   {"workload": "busywait", "model": "sh", "source": "runner.sh"}]}
END
}

say() { printf '%s\n' "$1" >&3; }

# Print the value of a field: an integer, or a text without quotes in it. A runner in a language
# that has a JSON parser uses that.
field() { printf '%s\n' "$2" | sed -n 's/.*"'"$1"'": *"\{0,1\}\([^,"{}]*\).*/\1/p'; }

sample() { # $1: iteration, $2: warm-up or not, $3: calls
    calls=$3
    begin=$(now)
    while [ "$calls" -gt 0 ]; do
        "$workload" "$wait_ns"
        calls=$((calls - 1))
    done
    elapsed=$(($(now) - begin))
    printf '{"kind": "sample", "case": "%s", "iteration": %d, "warmup": %s, "elapsed_ns": %d, ' \
        "$id" "$1" "$2" "$elapsed" >&3
    say "\"operations\": $(($3 * operations))}"
}

run_case() { # $1: the case as JSON
    id=$(field id "$1") operations=$(field operations "$1") wait_ns=$(field wait_ns "$1")
    warmup=$(field warmup "$1") iterations=$(field iterations "$1")
    least=$(field min_sample_ns "$1")
    iteration=0 calls_a_sample=1
    # Grow the number of calls until a batch of them lasts as long as a sample must.
    while [ "$least" -gt 0 ]; do
        sample "$iteration" true "$calls_a_sample"
        iteration=$((iteration + 1))
        if [ "$elapsed" -ge "$least" ]; then break; fi
        calls_a_sample=$((calls_a_sample * 2))
    done
    warmup=$((iteration + warmup))
    last=$((warmup + iterations))
    while [ "$iteration" -lt "$last" ]; do
        if [ "$iteration" -lt "$warmup" ]; then is_warmup=true; else is_warmup=false; fi
        sample "$iteration" "$is_warmup" "$calls_a_sample"
        iteration=$((iteration + 1))
    done
    digest=$(printf %s "$answer" | sha256sum | cut -d ' ' -f 1)
    say "{\"kind\": \"outcome\", \"case\": \"$id\", \"digest\": \"$digest\", \"value\": \"$answer\"}"
}

run() {
    read -r request
    exec 3>&1 1>&2 0</dev/null # a stray `echo` of an implementation must not corrupt the protocol
    workload=$(field workload "$request")
    case $workload in
    nothing | busywait) ;;
    *)
        say '{"kind": "error", "reason": "unsupported", "message": "no such workload here"}'
        exit 2
        ;;
    esac
    say '{"kind": "started", "protocol": 1}'
    # A line for each case; they begin with their ids, as the harness writes them.
    cases=$(printf '%s\n' "$request" | awk '{ gsub(/\{"id":/, "\n&"); print }' | tail -n +2)
    while read -r one; do run_case "$one"; done <<END
$cases
END
    say '{"kind": "finished"}'
}

case ${1-} in
describe | run) "$1" ;;
*) echo "usage: runner.sh describe | run" >&2 && exit 2 ;;
esac
