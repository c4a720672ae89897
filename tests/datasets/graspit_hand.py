"""Kinematics of a GraspIt hand from its own file: Denavit-Hartenberg chains, millimetres."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

_ANGLE = re.compile(r"d(?P<dof>\d+)(?:\*(?P<factor>[\d.]+))?(?P<offset>[+-][\d.]+)?")
_JOINTS = {"Universal": 2, "Revolute": 1}  # a link hangs on as many joints of its chain


def link_poses(
    file: Path, dofs: Sequence[float], base: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Pose (4, 4) of each link, palm first, for joint angles in radians and the palm's pose."""
    root = ElementTree.parse(file).getroot()
    poses = {"palm": base}
    for chain in root.iter("chain"):
        place = base @ _transform(_child(chain, "transform"))
        after = []
        for joint in chain.iter("joint"):
            place = place @ _step(joint, dofs)
            after.append(place)
        number = 0
        for link in chain.iter("link"):
            number += _JOINTS[link.attrib["dynamicJointType"]]
            poses[(link.text or "").removesuffix(".xml")] = after[number - 1]
    return poses


def pose(rotation: NDArray[np.float64], translation: Sequence[float]) -> NDArray[np.float64]:
    """A pose (4, 4)."""
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation, translation
    return matrix


def _step(joint: ElementTree.Element, dofs: Sequence[float]) -> NDArray[np.float64]:
    found = _ANGLE.fullmatch(_text(joint, "theta"))
    assert found
    theta = dofs[int(found["dof"])] * float(found["factor"] or 1)
    theta += np.radians(float(found["offset"] or 0))
    about_z = Rotation.from_euler("z", theta).as_matrix()
    about_x = Rotation.from_euler("x", float(_text(joint, "alpha")), degrees=True).as_matrix()
    along = [0.0, 0.0, float(_text(joint, "d"))]
    return pose(about_z, along) @ pose(about_x, [float(_text(joint, "a")), 0.0, 0.0])


def _transform(node: ElementTree.Element) -> NDArray[np.float64]:
    translation = [float(number) for number in _text(node, "translation").split()]
    if node.find("rotation") is not None:
        angle, axis = _text(node, "rotation").split()
        return pose(Rotation.from_euler(axis, float(angle), degrees=True).as_matrix(), translation)
    columns = [float(number) for number in _text(node, "rotationMatrix").split()]
    return pose(np.array(columns).reshape(3, 3).T, translation)


def _child(node: ElementTree.Element, name: str) -> ElementTree.Element:
    child = node.find(name)
    assert child is not None
    return child


def _text(node: ElementTree.Element, name: str) -> str:
    return _child(node, name).text or ""
