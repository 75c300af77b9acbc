"""A lesson: data, choices and settings, checked once, then frozen.

It comes from a template, from a file of data or from Python, and everything else follows from it.
It may import `sheetgd.engine.run`, `sheetgd.reading` and `sheetgd.original`.
"""
