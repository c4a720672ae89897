"""What tells a judged grasp from another: hashes under which its numbers are known."""

from __future__ import annotations

from dataclasses import fields

from torch import Tensor

from handhold.cache import content_hash
from handhold.grasps import GraspGroup
from handhold.hands import Hand

_RIGID = "rigid mesh"
_NO_NUMBER = ("provenance", "tree")  # the tree is read apart


def hash_of_hand(hand: Hand | None) -> str:
    """Of names, skin, weights, joints, limits, spheres and key points; None: rigid meshes.

    Tensors count by their values in double precision, wherever they are.
    """
    if hand is None:
        return _RIGID
    items: list[object] = []
    for record in (hand.spec, hand.spec.tree):
        for item in fields(record):
            if item.name not in _NO_NUMBER:
                items += [item.name, _hashable(getattr(record, item.name))]
    return content_hash(*items)


def hash_of_grasp(group: GraspGroup, row: int, hand: str) -> str:
    """Of everything that a grasp's numbers depend on besides the profile; hand: `hash_of_hand`."""
    items: list[object] = [hand, group.asset.content_hash]
    items += [group.part[row], group.affordance[row]]
    for poses in (group.poses, group.pregrasp, group.squeeze):
        if poses is None:
            items.append(None)
        else:
            items += [poses.translation[row], poses.rotation[row], poses.joints[row]]
    if group.avoid[row]:
        items.append("\n".join(("avoid", *sorted(group.avoid[row]))))
    if group.skins:
        items += [group.skins[row].vertices, group.skins[row].faces]
    return content_hash(*items)


def _hashable(value: object) -> object:
    if isinstance(value, Tensor):
        plain = value.detach().cpu()
        return (plain.double() if plain.is_floating_point() else plain).numpy()
    return "\n".join(value) if isinstance(value, tuple) else value
