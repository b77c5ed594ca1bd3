"""The scoreboard: faults provoked for real, what secscan makes of each, and what other tools make of the same.

A case (`case.py`) is a declared value with a function that provokes its fault and tells what was observed. The cases
are in `cases/`, a file or two for each group. They run as tests (`test_cases.py`), and all of them by
`make scoreboard` (`__main__.py`), which writes `docs/scoreboard.md`.
"""
