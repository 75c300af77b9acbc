"""Tests that need Node: skipped where there is none, except where there must be one."""

import shutil

import pytest

from tests.support.libreoffice import REQUIRED

needs_node = pytest.mark.skipif(
    shutil.which("node") is None and not REQUIRED,
    reason="Node is not installed on this machine",
)
