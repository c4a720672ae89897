"""One grasp through one protocol in MuJoCo."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from handhold.physics.placing import between, quaternion
from handhold.physics.protocol import ObmanProtocol, SixAxisProtocol, direction_vector
from handhold.physics.scene import Scene

Observer = Callable[[mujoco.MjData], None]
_STATE = mujoco.mjtState.mjSTATE_INTEGRATION


@dataclass(frozen=True)
class Motion:
    """What an object did: metres and radians; reason: why it is no measurement, or ""."""

    moved: float
    turned: float
    reason: str = ""


class Bench:
    """A scene with a model and state of its own, for one thread.

    `observe` is called with the state at the start and every `every` steps (a film).
    """

    def __init__(self, scene: Scene, observe: Observer | None = None, every: int = 1) -> None:
        self.scene = scene
        self.model = copy.copy(scene.model)
        self.data = mujoco.MjData(self.model)
        self._observe, self._every, self._taken = observe, every, 0

    def reset(self, T_palm_object: NDArray[np.float64]) -> None:
        """Back to the start, the object at a pose (3, 4)."""
        mujoco.mj_resetData(self.model, self.data)
        self._taken = 0
        self.model.opt.gravity[:] = 0.0
        self.data.qpos[:3] = T_palm_object[:, 3]
        self.data.qpos[3:7] = quaternion(T_palm_object[:, :3])

    def place_links(self, transforms: NDArray[np.float64]) -> None:
        """Stand mocap bodies at transforms (M, 3, 4), in the order of `Scene.mocap`."""
        chosen = list(self.scene.mocap)
        self.data.mocap_pos[chosen] = transforms[..., 3]
        self.data.mocap_quat[chosen] = quaternion(transforms[..., :3])

    def begin(self) -> None:
        """Compute everything that follows from the positions."""
        mujoco.mj_forward(self.model, self.data)
        if self._observe is not None:
            self._observe(self.data)

    def step(self, count: int) -> None:
        """Advance, without Python's lock."""
        while count > 0:
            ahead = count
            if self._observe is not None:
                ahead = min(count, self._every - self._taken % self._every)
            mujoco.mj_step(self.model, self.data, nstep=ahead)
            count, self._taken = count - ahead, self._taken + ahead
            if self._observe is not None and self._taken % self._every == 0:
                self._observe(self.data)

    @property
    def centre(self) -> NDArray[np.float64]:
        """The object's centre of mass (3,)."""
        rotated = np.zeros(3)
        body = self.scene.object_body
        mujoco.mju_rotVecQuat(rotated, self.model.body_ipos[body], self.data.qpos[3:7])
        return np.asarray(self.data.qpos[:3] + rotated)

    @property
    def turn(self) -> NDArray[np.float64]:
        """The object's quaternion (4,) wxyz."""
        return np.array(self.data.qpos[3:7])

    @property
    def trouble(self) -> str:
        """Why the state is no measurement, or ""."""
        if not np.isfinite(self.data.qpos).all() or not np.isfinite(self.data.qvel).all():
            return "the simulation gave numbers that are not finite"
        for kind, warning in enumerate(self.data.warning):
            if warning.number:
                name = mujoco.mjtWarning(kind).name.removeprefix("mjWARN_").lower()
                return f"the simulator warned: {name}"
        return ""


def angle_between(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Radians, 0..pi, between unit quaternions (4,)."""
    apart = min(float(np.linalg.norm(first - second)), float(np.linalg.norm(first + second)))
    return float(4.0 * np.arcsin(min(apart / 2.0, 1.0)))


def displacement_trial(
    bench: Bench,
    protocol: ObmanProtocol,
    links: NDArray[np.float64],
    T_palm_object: NDArray[np.float64],
    direction: str,
) -> Motion:
    """Let gravity pull along `direction` on an object in a hand whose links (L, 3, 4) stand still.

    Returns how far the centre of mass moved. An object that moved further than
    `protocol.explosion` free falls was thrown by the contacts: a reason, no measurement.
    """
    bench.reset(T_palm_object)
    bench.place_links(links)
    bench.model.opt.gravity[:] = protocol.gravity * direction_vector(direction)
    bench.begin()
    centre, turn = bench.centre, bench.turn
    bench.step(protocol.steps)
    moved = float(np.linalg.norm(bench.centre - centre))
    motion = Motion(moved, angle_between(bench.turn, turn), bench.trouble)
    if not motion.reason and moved > protocol.explosion * protocol.free_fall:
        reason = f"the object was thrown {100 * moved:.0f} cm, further than it can fall"
        return Motion(moved, motion.turned, reason)
    return motion


class SqueezeTrial:
    """Pre-grasp, grasp and squeeze once; then pulls, each from the state at the end of it."""

    def __init__(self, bench: Bench, protocol: SixAxisProtocol) -> None:
        self._bench, self._protocol = bench, protocol
        self._squeezed = np.zeros(mujoco.mj_stateSize(bench.model, _STATE))

    def squeeze(
        self,
        base: NDArray[np.float64],
        joints: NDArray[np.float64],
        T_palm_object: NDArray[np.float64],
        load: str = "",
    ) -> Motion:
        """Close the hand on the object, which floats freely, or is pulled along `load`.

        base (3, 3, 4) and joints (3, D): pre-grasp, grasp and squeeze. Returns how the object
        drifted meanwhile.
        """
        bench, rules, scene = self._bench, self._protocol, self._bench.scene
        bench.reset(T_palm_object)
        bench.place_links(base[:1])
        bench.data.qpos[scene.hinge_address] = joints[0][scene.hinge_dof] * scene.hinge_factor
        bench.data.ctrl[:] = joints[0] * scene.motor_factor
        if load:
            self._pull_along(load)
        bench.begin()
        centre, turn = bench.centre, bench.turn
        for phase, steps in enumerate((rules.close_steps, rules.squeeze_steps)):
            self._move(base[phase : phase + 2], joints[phase : phase + 2], steps)
        bench.step(rules.settle_steps)
        mujoco.mj_getState(bench.model, bench.data, self._squeezed, _STATE)
        return self._motion(centre, turn)

    def pull(self, direction: str) -> Motion:
        """Pull for as long as the protocol says, or until the object has moved or turned too far.

        Returns the largest movement and turn since the start of the pull.
        """
        bench, rules = self._bench, self._protocol
        mujoco.mj_setState(bench.model, bench.data, self._squeezed, _STATE)
        self._pull_along(direction)
        centre, turn = bench.centre, bench.turn
        moved = turned = 0.0
        left = rules.pull_steps
        while left > 0:
            bench.step(min(left, rules.check_steps))
            left -= rules.check_steps
            motion = self._motion(centre, turn)
            if motion.reason:
                return motion
            moved, turned = max(moved, motion.moved), max(turned, motion.turned)
            if moved >= rules.distance or turned >= rules.angle:
                break
        return Motion(moved, turned)

    def holds(self, motion: Motion) -> bool:
        """Whether a motion stays under the protocol's thresholds."""
        return motion.moved < self._protocol.distance and motion.turned < self._protocol.angle

    def _pull_along(self, direction: str) -> None:
        rules, bench = self._protocol, self._bench
        force = rules.pull * rules.object_mass * direction_vector(direction)
        bench.data.xfrc_applied[bench.scene.object_body, :3] = force

    def _move(self, base: NDArray[np.float64], joints: NDArray[np.float64], steps: int) -> None:
        bench = self._bench
        still = np.allclose(base[0], base[1], atol=1e-12)
        path = None if still else between(base[0], base[1], steps)
        for step in range(steps):
            share = (step + 1) / steps
            angles = joints[0] + share * (joints[1] - joints[0])
            bench.data.ctrl[:] = angles * bench.scene.motor_factor
            if path is not None:
                bench.place_links(path[step : step + 1])
            bench.step(1)

    def _motion(self, centre: NDArray[np.float64], turn: NDArray[np.float64]) -> Motion:
        bench = self._bench
        moved = float(np.linalg.norm(bench.centre - centre))
        reason = bench.trouble
        speed = float(np.linalg.norm(bench.data.qvel[:3]))
        if not reason and speed > self._protocol.explosion:
            reason = f"the object was thrown at {speed:.0f} m/s"
        return Motion(moved, angle_between(bench.turn, turn), reason)
