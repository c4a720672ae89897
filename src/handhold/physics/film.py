"""One trial as poses over time, for a film."""

from __future__ import annotations

from dataclasses import dataclass, field

import mujoco
import numpy as np
from numpy.typing import NDArray

from handhold.errors import InputError
from handhold.grasps import GraspGroup
from handhold.hands import quiet_mujoco
from handhold.physics.bodies import HandBody, object_body
from handhold.physics.placing import compose, inverse
from handhold.physics.protocol import ObmanProtocol, Protocol, direction_vector
from handhold.physics.scene import Scene
from handhold.physics.stages import squeeze_stages, static_stages
from handhold.physics.trials import Bench, SqueezeTrial, displacement_trial


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A trial in the object frame of the group (where the object was at the start).

    times (T,) seconds; object (T, 3, 4): where the object went from its start; links
    (T, L, 3, 4): where each link of the hand went from its zero pose; direction of the force
    (3,) in the object frame; hand: the convex pieces per link that were simulated.
    """

    times: NDArray[np.float64]
    object: NDArray[np.float64]
    links: NDArray[np.float64]
    direction: NDArray[np.float64]
    hand: HandBody


def record_trial(
    group: GraspGroup,
    index: int,
    protocol: Protocol,
    direction: str,
    *,
    frames: int = 36,
    shrink: float = 0.0,
) -> Trajectory:
    """The trial of grasp `index` with the force along `direction`: the very steps of `run_trials`.

    About `frames` frames, evenly in time, the start and the end among them. Raises InputError
    for an unknown direction, and for a rigid hand mesh where the hand has to move.
    """
    if direction not in protocol.directions:
        raise InputError(
            f"'{protocol.name}' has no direction '{direction}'.",
            f"Its directions: {', '.join(protocol.directions)}.",
        )
    one = group.select([index])
    obj = object_body(one.asset, protocol)
    if isinstance(protocol, ObmanProtocol):
        still = static_stages(one, obj, protocol, shrink)[0]
        camera = _Camera(still.scene, still.T_palm_object)
        bench = Bench(still.scene, camera, _every(protocol.steps, frames))
        with quiet_mujoco():
            displacement_trial(bench, protocol, still.links, still.T_palm_object, direction)
        return camera.trajectory(direction, still.hand)
    moving = squeeze_stages(one, obj, protocol, shrink)[0][0]
    camera = _Camera(moving.scene, moving.T_palm_object)
    bench = Bench(moving.scene, camera, _every(protocol.steps, frames))
    with quiet_mujoco():
        trial = SqueezeTrial(bench, protocol)
        drift = trial.squeeze(moving.base, moving.joints, moving.T_palm_object, moving.load)
        if trial.holds(drift) and not drift.reason:
            trial.pull(direction)
    return camera.trajectory(direction, moving.hand)


def _every(steps: int, frames: int) -> int:
    return max(1, round(steps / max(frames - 1, 1)))


@dataclass
class _Camera:
    """Collects states; an `Observer`."""

    scene: Scene
    T_palm_object: NDArray[np.float64]
    times: list[float] = field(default_factory=list)
    objects: list[NDArray[np.float64]] = field(default_factory=list)
    links: list[NDArray[np.float64]] = field(default_factory=list)

    def __call__(self, data: mujoco.MjData) -> None:
        self.times.append(float(data.time))
        self.objects.append(_pose(data.qpos[:3], data.qpos[3:7]))
        mujoco.mj_kinematics(self.scene.model, data)
        bodies = list(self.scene.links)
        rotation = data.xmat[bodies].reshape(-1, 3, 3)
        shift = data.xpos[bodies] - np.einsum("lij,lj->li", rotation, self.scene.link_origin)
        self.links.append(np.concatenate([rotation, shift[..., None]], axis=-1))

    def trajectory(self, direction: str, hand: HandBody) -> Trajectory:
        T_object_palm = inverse(self.T_palm_object)
        links = np.stack(self.links)
        return Trajectory(
            times=np.array(self.times),
            object=compose(T_object_palm, np.stack(self.objects)),
            links=compose(T_object_palm, links),
            direction=T_object_palm[:, :3] @ direction_vector(direction),
            hand=hand,
        )


def _pose(position: NDArray[np.float64], turn: NDArray[np.float64]) -> NDArray[np.float64]:
    matrix = np.zeros(9)
    mujoco.mju_quat2Mat(matrix, turn)
    return np.concatenate([matrix.reshape(3, 3), np.array(position)[:, None]], axis=1)
