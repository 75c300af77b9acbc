"""Pictures of a descent, drawn with matplotlib, which nothing else imports.

It may import `sheetgd.engine`, and `sheetgd.sheets` for how numbers and choices are worded.
"""
