"""What pytest is to know of this folder."""

collect_ignore = ["in_libreoffice.py"]
"""It is for another Python, which has LibreOffice's module."""
