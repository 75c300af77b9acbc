"""The worksheets, one module each: from lesson and numbers to cells. No openpyxl."""
