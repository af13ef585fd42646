"""Behaviours of the models other than speed: questions, observations and cells.

A question is a TOML file in `questions/`. A probe answers it on one model, in a fresh process, and
reports a short word with its evidence. Observations are stored in a file of their own,
`behaviours.jsonl`; `judge` turns them into the cells of a table.
"""
