"""One expression, several printers: numbers, arrays, row loops and spreadsheet formulas.

An equation is written once, with the operators of Python and the functions of this package, and
comes out as a tree. From the tree follow its value, its derivative and its formula. Nothing here
knows what gradient descent is. It may import `sheetgd.errors` and nothing else of sheetgd.
"""
