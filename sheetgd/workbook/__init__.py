"""Pages to a file, and files back to cells: the only place that knows openpyxl."""
