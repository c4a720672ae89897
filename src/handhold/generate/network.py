"""Coarse poses sampled from the part-aware network (GDG section 3.3)."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from handhold.contact import Prior
from handhold.generate.anchors import PartShape
from handhold.generate.rules import Candidates
from handhold.models import PartAwareCVAE, make_condition
from handhold.refine import Pose


@torch.no_grad()
def sample_network(
    network: PartAwareCVAE,
    clusters: Sequence[str | None],
    priors: Sequence[Prior],
    shape: PartShape,
    count: int,
    seed: int,
) -> Candidates | None:
    """`count` samples of T and R per prior; intrinsics are the prior's Theta-hat. None without any.

    Args:
        clusters: for each prior the cluster that the network is asked for, None to leave it out.
        priors: the retrieved priors.
        shape: the contact part; its samples are the condition.
        seed: same seed, same samples.
    """
    device = priors[0].joints.device
    generator = torch.Generator().manual_seed(seed)
    points = torch.as_tensor(shape.points, dtype=torch.float32)[None]
    normals = torch.as_tensor(shape.normals, dtype=torch.float32)[None]
    rest = torch.as_tensor(shape.rest_centroid, dtype=torch.float32)[None]
    translations, rotations, joints, index = [], [], [], []
    for number, (cluster, prior) in enumerate(zip(clusters, priors, strict=True)):
        if cluster is None:
            continue
        condition = make_condition(
            points,
            normals,
            rest,
            torch.tensor([network.cluster_index(cluster)]),
            n_points=network.config.n_points,
        )
        translation, rotation = network.sample(condition, count, generator)
        translations.append(translation[0] + condition.centre)
        rotations.append(rotation[0])
        joints.append(prior.joints.expand(count, -1))
        index.append(torch.full((count,), number, device=device))
    if not index:
        return None
    pose = Pose(
        torch.cat(translations).to(device), torch.cat(rotations).to(device), torch.cat(joints)
    )
    rows = torch.cat(index)
    return Candidates(pose, rows, torch.ones_like(rows, dtype=torch.bool))
