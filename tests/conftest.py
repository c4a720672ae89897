"""For all tests: a cache of their own, so that nothing kept by an older version is believed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANDHOLD_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("HANDHOLD_CACHE_LIMIT", raising=False)
        yield
