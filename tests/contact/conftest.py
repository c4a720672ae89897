"""Distance grids of these tests are small: none is kept on disk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from handhold.cache import ENVIRONMENT_VARIABLE


@pytest.fixture(scope="session", autouse=True)
def _no_cache() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ENVIRONMENT_VARIABLE, "off")
        yield
