"""The lesson as a page: one file that runs in any browser, without a network.

Its arithmetic is printed from the definitions of `sheetgd.descent`, its words from those of the
sheets; the scripts beside these modules only draw, listen and go from row to row. It may import
`sheetgd.engine`, and `sheetgd.sheets` for its words.
"""
