"""A lesson: data, choices and settings, checked once, then frozen.

It comes from a template, from a file of data or from Python, and everything else follows from it.
It may import `sheetgd.descent`, `sheetgd.expression`, `sheetgd.reading` and `sheetgd.original`; its
methods that run, build or choose import `sheetgd.engine` and `sheetgd.xlsx` when they are called.
"""
