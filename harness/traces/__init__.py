"""Traces: who ran when. Events of a traced run become lanes, and lanes are checked.

A pure core: it reads and writes no file, and knows no model. The runners record the events
(`python/runner/tracing`, `go/trace`), `measuring.recording` starts them, and `presenting` draws the
lanes. A traced run is never timed: what it costs to trace is measured beside it.
"""
