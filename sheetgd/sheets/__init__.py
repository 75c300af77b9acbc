"""The worksheets, one module each, named like its tab: cells, tables and charts as records.

What is no tab: `sheet` and `cells` have the records, `section` the names of a lesson's cells,
`words` texts and formats, `status` row 1, `heat_map` and `stationary_point` what stands on several
tabs or on half of one, `controls` the arrows, `printing` the paper, `book` all tabs in order.
It may import `sheetgd.engine`, `sheetgd.original` and what these may; it knows no file format.
"""
