"""Tests that need LibreOffice: skipped where there is none, except where there must be one."""

import os

import pytest

from sheetgd.workbook.recalculate import find_libreoffice

REQUIRED = os.environ.get("CI") == "true"

needs_libreoffice = pytest.mark.skipif(
    find_libreoffice() is None and not REQUIRED,
    reason="LibreOffice is not installed on this machine",
)
