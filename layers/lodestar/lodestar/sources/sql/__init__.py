"""Admin SQL, hostile until proven otherwise; one module for each layer, which says what it promises.

When it is saved and before each run, without a database: check.py, over text, grammar, parts, clock, answer,
names, sizes and writing. When it is saved, by the server: gate.py, over meaning, server and plan. When it
runs: rewrite.py, session.py, run.py and budget.py.
"""
