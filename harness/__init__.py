"""Loombench's harness: plans, measures, stores, analyses and draws. It knows no language.

Two halves that meet only in the run directory: measuring (catalog, plan, protocol, runners,
machine, measure) and analysing (stats, analyse, figures). docs/architecture.md draws it.
"""
