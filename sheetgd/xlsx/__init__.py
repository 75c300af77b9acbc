"""Sheets to a file: rows, styles, charts and controls of an .xlsx workbook.

It may import `sheetgd.sheets`, and it alone writes with openpyxl.
"""
