"""Loombench's harness: plans, measures, stores, analyses and presents. It knows no language.

The folders, lower ones first; imports go downwards only:

    errors, units, paths, files, interrupts    used by every module; entry starts the command
    catalog/       workloads, contestants and workload files
    results/       the data that a run stores; both halves use it
    behaviours/    questions about what models do, observations, answers; both halves use it
    traces/        who ran when: events, lanes, checks; both halves use it
    statistics/    estimates with intervals, from numbers alone
    measuring/     first half: runs trials and stores them
    analysis/      second half: estimates from stored trials, and findings
    claims/        claims about the models, checked against a run
    presenting/    tables, figures, the report, exports
    scaffold/      the files that `loombench new` writes
    cli/           the commands; the only folder that imports both halves

The two halves share only the run directory. docs/architecture.md gives the reasons.
"""
