// Command load is the load generator for servers in any language. It reads one
// request from standard input, loads a TCP echo or HTTP/1.1 server, and writes
// records. docs/load.md says what it measures, and why. It is also the site that
// clients fetch pages from; see internal/site.
//
// It is a separate program and not a part of the runner: its HTTP client would
// double the size of the runner and make it start slower, in every Go trial.
//
// # The request
//
// Write one line to standard input, and keep it open until the generator has
// ended. Times are nanoseconds.
//
//	{"protocol": 1, "application": "echo", "address": "127.0.0.1:1234", "connections": 64,
//	 "message_bytes": 1024, "seed": 7, "connect_timeout_ns": 5000000000,
//	 "answer_timeout_ns": 5000000000, "visits": 32, "server_pids": [4711],
//	 "phases": [{"loop": "closed", "duration_ns": 300000000, "warmup": true},
//	            {"loop": "closed", "requests": 20},
//	            {"loop": "open", "rate_per_s": 2000, "duration_ns": 1000000000},
//	            {"loop": "ladder", "rate_per_s": 1000, "factor_percent": 150,
//	             "duration_ns": 300000000, "steps": 20, "requests": 2000},
//	            {"loop": "drain", "rate_per_s": 1000, "duration_ns": 600000000}]}
//
// A step of a ladder lasts until requests are due, and at least duration_ns. The
// rate of each step is factor_percent of the rate before.
//
// The application http takes path and the expected body in place of message_bytes.
// The optional server_pids (Linux) are the processes of the server, whose CPU
// clocks are read around each phase.
//
// After connecting, the generator opens visits further connections, which send one
// request each and close; they are neither timed nor counted. Until a server has
// seen a connection end, malloc maps and unmaps memory for each large read.
//
// # The answer
//
// One JSON object per line: started, connected, phase (any number), finished; or
// one error before the first phase.
//
// With turns in the request, a second list of phases, the generator sends ready
// after phases. Each line {"kind": "turn"} then runs turns once, over the same
// connections; {"kind": "end"} ends the load. The generator uses no processor time
// between turns.
//
//   - started: protocol; facts, such as gomaxprocs, go_version, cpus (processors
//     that the generator may use, as 0-2,5).
//   - connected: opening connections took elapsed_ns.
//   - phase: the result of a phase; one per step of a ladder.
//   - finished: served counts the connections that gave only correct responses and
//     stayed open (except in a drain).
//   - error: message; reason is refused (nobody listens), timeout (no connection in
//     time), descriptors (too few open files; the message has the number needed) or
//     unsupported (bad request).
//
// A phase has these fields:
//
//   - phase, step: index of the phase in the request, turns after phases; index of
//     the step in the ladder, from 0.
//   - loop, warmup, rate_per_s: as requested; rate_per_s is the step's rate in a
//     ladder, and 0 in a closed loop.
//   - elapsed_ns: closed loop: the duration, or until the last of requests; open
//     loop: the duration, or until the last response; drain: until all connections
//     were closed.
//   - requests: requests answered correctly and in time.
//   - unfinished: requests in flight when the phase ended, but answered correctly
//     later; in no histogram.
//   - unsent: requests that were due but not sent: no connection was free before the
//     phase ended; in a drain, the connection was closed.
//   - errors: nonzero counts of wrong bytes, wrong status, reset (broken during an
//     exchange), timeout, refused (per reconnection attempt), lost (in a drain, in
//     place of reset and timeout; served still counts the connection).
//   - reconnects: number of connections opened again.
//   - hdr: latency from sending, or from the intended time if the connection was
//     busy then: HdrHistogram V2, compressed, base64, 3 digits, 1 ns to 120 s.
//   - service_hdr: latency of the same requests from the time of sending; not in a
//     closed loop.
//   - late_hdr: how late the generator sent on free connections; not in a closed
//     loop.
//   - cpu_ns: processor time of the generator until all responses were in; null if
//     unknown.
//   - server_cpu_ns: the same of server_pids, for requests and unfinished; left out
//     if unknown.
//   - saturated: whether the server was saturated in this step of a ladder.
//
// Each sent request is counted exactly once: in requests, unfinished, or the errors
// wrong, status, reset, timeout and lost.
//
// No error ends a phase. The generator reopens a connection, with pauses of 1, 2, 4,
// up to 100 ms while it is refused. A connection that an HTTP server closes between
// requests counts as a reconnect. If a connection turns out to be closed when a
// request is sent, the request is sent once more, and its latency continues. More
// connections than the hard limit of open files allows are refused at once.
//
// The harness gives server and generator a core each if there are two, else
// disjoint sets, and never two hyper-threads of one physical core if there is
// another. cpu_ns over elapsed_ns shows how many cores the generator kept busy.
//
// The exit code is 0 after finished, 2 after error, and 1 for a crash or the end of
// standard input.
package main
