"""Everything that comes from outside and is not trusted: data files and workbooks.

Each file is bounded in size and looked through before it is used. It may import
`sheetgd.expression`, for the addresses of cells, and it knows nothing of lessons. Here, and in
`sheetgd.xlsx`, openpyxl is known.
"""
