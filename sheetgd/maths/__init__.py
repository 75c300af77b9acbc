"""Every quantity of gradient descent, written once.

The functions here take floats and return floats, take NumPy arrays and return
arrays, take cell references and return the text of a spreadsheet formula. No
pandas, no openpyxl, no files.
"""
