"""Fixtures that every test may use."""

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with real code files and development labels, where this machine has it."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the folder ../shared/data with the real code files is not on this machine")
    return SHARED_DATA
