"""The worksheets, one module each, named like its tab: cells, tables and charts as records.

`sheet` has the records, `section` the names of a lesson's cells, `book` all sheets in their order.
It may import `sheetgd.engine`, `sheetgd.original` and what these may; it knows no file format.
"""
