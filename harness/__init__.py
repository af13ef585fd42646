"""Loombench's harness: plans, measures, stores, analyses and presents. It knows no language.

The folders, lower ones first; imports go downwards only:

    errors, units, paths, files, interrupts    what every module stands on
    catalog/       what a workload is
    results/       what a run stores: the data that both halves share
    statistics/    estimates with intervals, from numbers alone
    measuring/     the first half: runs trials and stores them
    analysis/      the second half: estimates from stored trials, and what they mean
    claims/        what people claim about the models, held against a run
    presenting/    tables, figures, the report, exports
    scaffold/      the files that `loombench new` writes
    cli/           the commands; the only part that sees both halves

The two halves meet only in the run directory. docs/architecture.md gives the reasons.
"""
