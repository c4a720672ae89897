"""The prior library: representatives, retrieval, files."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from records_of import JOINTS, VERTICES, grasps
from safetensors import safe_open
from safetensors.torch import save_file

from handhold.contact import Primitive, Prior
from handhold.errors import InputError
from handhold.priors import GraspRecords, PartDescriptor, PriorLibrary, read_library

THIN = (0.10, 0.02, 0.01)


def _prior(cluster: str, size: tuple[float, float, float], radius: float) -> Prior:
    generator = torch.Generator().manual_seed(len(cluster))
    touch = torch.rand(VERTICES, generator=generator)
    return Prior(
        cluster=cluster,
        affordance=cluster.split("/")[0],
        joints=torch.rand(JOINTS, generator=generator),
        contact_mean=touch,
        contact_std=0.5 * touch,
        part_mean=0.25 * touch,
        primitive=Primitive("cap", torch.tensor([0.0, 0.0, 1.0]), torch.rand(3), radius),
        part_size=size,
        section_radius=radius,
        members=3,
    )


def _toy() -> PriorLibrary:
    """Handles twice as large from one to the next, and a lid."""
    sizes = [0.01 * 2.0**k for k in range(4)]
    handles = [
        _prior(f"handle-grip/{k:02d}", (4 * s, 2 * s, s), s / 2) for k, s in enumerate(sizes)
    ]
    return PriorLibrary("human", (*handles, _prior("twist/00", (0.05, 0.05, 0.02), 0.02)), "toy")


@pytest.mark.parametrize("wanted", range(4))
def test_retrieval_gives_the_nearest_size_first(wanted: int) -> None:
    side = 1.1 * 0.01 * 2.0**wanted
    found = _toy().retrieve("handle-grip", PartDescriptor((4 * side, 2 * side, side), side / 2))
    assert [p.cluster for p in found][0] == f"handle-grip/{wanted:02d}"
    assert len(found) == 3
    numbers = [int(p.cluster[-2:]) for p in found]
    gaps = [abs(np.log(1.1 * 2.0 ** (wanted - n))) for n in numbers]
    assert gaps == sorted(gaps)


def test_retrieval_never_leaves_the_affordance() -> None:
    found = _toy().retrieve("twist", PartDescriptor((0.04, 0.02, 0.01), 0.005), count=9)
    assert [p.cluster for p in found] == ["twist/00"]


def test_the_section_radius_tells_apart_handles_with_the_same_box() -> None:
    box = (0.09, 0.05, 0.012)
    library = PriorLibrary(
        "human", (_prior("handle-grip/00", box, 0.012), _prior("handle-grip/01", box, 0.006)), "toy"
    )
    found = library.retrieve("handle-grip", PartDescriptor(box, 0.0065), count=1)
    assert found[0].cluster == "handle-grip/01"


def test_an_affordance_without_clusters_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="no 'press'.*handle-grip, twist"):
        _toy().retrieve("press", PartDescriptor(THIN, 0.005))


def test_the_index_is_the_position() -> None:
    library = _toy()
    assert [library.index(p.cluster) for p in library.priors] == list(range(5))


def test_the_representative_is_the_member_nearest_the_mean() -> None:
    # Members at angles 0, 1, 1.9, 3 with equal parts: the mean is 1.475, the nearest is 1.9.
    rows = [grasps("press", THIN, a, 1, noise=0.0) for a in (0.0, 1.0, 1.9, 3.0)]
    records = GraspRecords.concatenate(rows)
    records = dataclasses.replace(records, centre=np.arange(4.0)[:, None] * np.ones(3))
    library = PriorLibrary.build(records, "human", "toy")
    (prior,) = library.priors
    assert prior.joints.tolist() == pytest.approx([1.9] * JOINTS)
    assert prior.primitive.centre.tolist() == [2.0] * 3
    assert prior.members == 4


def test_the_maps_are_mean_and_deviation_over_the_members() -> None:
    records = grasps("press", THIN, 0.5, 6)
    (prior,) = PriorLibrary.build(records, "human", "toy").priors
    np.testing.assert_allclose(prior.contact_mean, records.contact.mean(0), atol=1e-6)
    np.testing.assert_allclose(prior.contact_std, records.contact.std(0), atol=1e-6)
    np.testing.assert_allclose(prior.part_mean, records.part_contact.mean(0), atol=1e-6)


def test_the_size_of_a_cluster_is_the_geometric_mean_of_its_parts() -> None:
    rows = [grasps("press", size, 0.5, 1, noise=0.0) for size in (THIN, (0.4, 0.08, 0.04))]
    (prior,) = PriorLibrary.build(GraspRecords.concatenate(rows), "human", "toy").priors
    assert prior.part_size == pytest.approx((0.2, 0.04, 0.02))
    assert prior.section_radius == pytest.approx(0.01)


def test_built_clusters_are_numbered_within_their_affordance() -> None:
    records = GraspRecords.concatenate(
        [grasps("twist", THIN, 0.5, 3), grasps("handle-grip", THIN, 0.5, 3)]
    )
    names = [p.cluster for p in PriorLibrary.build(records, "human", "toy").priors]
    assert names == ["handle-grip/00", "twist/00"]


def test_a_library_reads_back_what_was_saved(tmp_path: Path) -> None:
    library, path = _toy(), tmp_path / "new" / "library.safetensors"
    library.save(path)
    again = read_library(path)
    assert (again.hand, again.source) == (library.hand, library.source)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    for first, second in zip(library.priors, again.priors, strict=True):
        for name in ("cluster", "affordance", "part_size", "section_radius", "members"):
            assert getattr(first, name) == getattr(second, name)
        assert first.joints.equal(second.joints)
        assert first.primitive.kind == second.primitive.kind
        assert first.primitive.radius == second.primitive.radius
        assert first.primitive.axis.equal(second.primitive.axis)
        assert first.primitive.centre.equal(second.primitive.centre)
        for name in ("contact_mean", "contact_std", "part_mean"):
            torch.testing.assert_close(
                getattr(second, name), getattr(first, name), atol=5e-4, rtol=0
            )


def test_maps_lose_nothing_more_when_saved_again(tmp_path: Path) -> None:
    first, second = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    _toy().save(first)
    read_library(first).save(second)
    one, two = read_library(first), read_library(second)
    for a, b in zip(one.priors, two.priors, strict=True):
        assert a.contact_mean.equal(b.contact_mean)


@pytest.mark.parametrize("content", [b"", b"garbage", b"\xff" * 64])
def test_garbage_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "library.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a prior library"):
        read_library(path)


def test_a_missing_library_is_refused_with_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="handhold library build"):
        read_library(tmp_path / "none.safetensors")


@pytest.mark.parametrize("changes", [{"version": "999"}, {"format": "something-else"}])
def test_another_format_or_version_is_refused(tmp_path: Path, changes: dict[str, str]) -> None:
    path = tmp_path / "library.safetensors"
    _toy().save(path)
    with safe_open(str(path), framework="pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        metadata = file.metadata() | changes
    save_file(tensors, str(path), metadata=metadata)
    with pytest.raises(InputError, match="is 'handhold-prior-library 999'|is 'something-else 1'"):
        read_library(path)
