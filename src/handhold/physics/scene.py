"""MuJoCo models: an object and a hand, in the hand's pose frame."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from handhold.geometry import TriMesh
from handhold.hands import Hand
from handhold.physics.bodies import HandBody, ObjectBody
from handhold.physics.mass import mass_of_pieces
from handhold.physics.protocol import Contacts, ObmanProtocol, Protocol, SixAxisProtocol

_CONES = {"elliptic": mujoco.mjtCone.mjCONE_ELLIPTIC, "pyramidal": mujoco.mjtCone.mjCONE_PYRAMIDAL}
_INTEGRATORS = {
    "euler": mujoco.mjtIntegrator.mjINT_EULER,
    "implicitfast": mujoco.mjtIntegrator.mjINT_IMPLICITFAST,
}
_ARENA_BYTES = 32 * 1024**2  # per thread; hundreds of contacts
_HAND, _OBJECT = 1, 2  # collision bits: the hand meets the object, nothing meets itself


@dataclass(frozen=True, eq=False)
class Scene:
    """A compiled model and where things are in it.

    object_body: body id; links: body id per hand link; link_origin (L, 3): where in the zero
    pose the origin of that body is; mocap: mocap id per link of a static hand, (base,) of an
    actuated one; motor_factor (D,): from a joint's angle to that of its driven hinge;
    hinge_address, hinge_dof, hinge_factor (H,): qpos address, joint and factor of each hinge.
    """

    model: mujoco.MjModel
    object_body: int
    links: tuple[int, ...]
    link_origin: NDArray[np.float64]
    mocap: tuple[int, ...]
    motor_factor: NDArray[np.float64]
    hinge_address: NDArray[np.int64]
    hinge_dof: NDArray[np.int64]
    hinge_factor: NDArray[np.float64]


def static_scene(obj: ObjectBody, hand: HandBody, protocol: ObmanProtocol) -> Scene:
    """A free object and a hand whose links stand where `data.mocap_*` says (no joints)."""
    spec = _empty(protocol)
    _add_object(spec, obj, protocol.contacts)
    for link, pieces in enumerate(hand.links):
        body = spec.worldbody.add_body(name=f"link{link}", mocap=True)
        _add_pieces(spec, body, f"link{link}", pieces, protocol.contacts, _HAND)
    return _compiled(spec, np.zeros((len(hand.links), 3)), True, np.zeros(0), [])


def actuated_scene(obj: ObjectBody, body: HandBody, hand: Hand, protocol: SixAxisProtocol) -> Scene:
    """A free object and a hand with a hinge per elementary joint, driven in position.

    The base is a mocap body. The first hinge of each joint has the motor; hinges coupled to
    it (a distal joint at 0.6) follow by an equality constraint. Crossing axes share a body.
    """
    spec, drive, tree = _empty(protocol), protocol.drive, hand.spec.tree
    _add_object(spec, obj, protocol.contacts)
    base = spec.worldbody.add_body(name="link0", mocap=True)
    _add_pieces(spec, base, "link0", body.links[0], protocol.contacts, _HAND)
    parents, links = tree.parent.tolist(), tree.link.tolist()
    dofs, factors = tree.dof.tolist(), tree.coefficient.double().tolist()
    origin, axis = tree.origin.double().cpu().numpy(), tree.axis.double().cpu().numpy()
    bodies, places = {-1: base}, {-1: np.zeros(3)}
    leader: dict[int, int] = {}
    hinges: list[tuple[int, float]] = []
    for entry, link in enumerate(links):
        if link < 0:
            continue
        chain = _chain(entry, parents, links)
        above = parents[chain[0]]
        made = bodies[above].add_body(name=f"link{link}", pos=origin[entry] - places[above])
        bodies[entry], places[entry] = made, origin[entry]
        _set_mass(made, body.links[link], origin[entry], drive.density)
        for step in chain:
            index = len(hinges)
            made.add_joint(
                name=f"hinge{index}",
                type=mujoco.mjtJoint.mjJNT_HINGE,
                pos=origin[step] - origin[entry],
                axis=axis[step],
                armature=drive.armature,
                damping=[drive.damping, 0, 0],
            )
            hinges.append((dofs[step], factors[step]))
            if dofs[step] in leader:
                _couple(spec, index, leader[dofs[step]], hinges, drive.coupled_time)
            else:
                leader[dofs[step]] = index
        _add_pieces(
            spec, made, f"link{link}", body.links[link], protocol.contacts, _HAND, origin[entry]
        )
    for dof in range(hand.joint_count):
        _add_motor(spec, leader[dof], drive.gain, drive.force_limit)
    motors = np.array([hinges[leader[dof]][1] for dof in range(hand.joint_count)])
    origins = np.zeros((len(body.links), 3))
    for entry, place in places.items():
        origins[links[entry] if entry >= 0 else 0] = place
    return _compiled(spec, origins, False, motors, hinges)


def _chain(entry: int, parents: list[int], links: list[int]) -> list[int]:
    """The axes that move the link of `entry` against the link above, outermost first."""
    chain = [entry]
    while parents[chain[0]] >= 0 and links[parents[chain[0]]] < 0:
        chain.insert(0, parents[chain[0]])
    return chain


def _empty(protocol: Protocol) -> mujoco.MjSpec:
    spec, contacts = mujoco.MjSpec(), protocol.contacts
    spec.compiler.degree = False
    option = spec.option
    option.timestep = protocol.timestep
    option.integrator = _INTEGRATORS[protocol.integrator]
    option.gravity = np.zeros(3)
    option.cone = _CONES[contacts.cone]
    option.impratio = contacts.impratio
    option.solver = mujoco.mjtSolver.mjSOL_NEWTON
    option.jacobian = mujoco.mjtJacobian.mjJAC_SPARSE  # the same numbers, a quarter faster
    option.iterations = contacts.iterations
    option.tolerance = contacts.tolerance
    option.density = option.viscosity = 0.0
    spec.memory = _ARENA_BYTES
    # Trials that go wrong must show it, not start again silently.
    option.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_AUTORESET)
    return spec


def _add_object(spec: mujoco.MjSpec, obj: ObjectBody, contacts: Contacts) -> None:
    body = spec.worldbody.add_body(name="object")
    body.add_freejoint(name="object")
    body.explicitinertial = True
    body.mass, body.ipos = obj.mass.mass, obj.mass.centre
    _set_inertia(body, obj.mass.inertia)
    _add_pieces(spec, body, "object", obj.pieces, contacts, _OBJECT)


def _set_inertia(body: mujoco.MjsBody, inertia: NDArray[np.float64]) -> None:
    moments, axes = np.linalg.eigh(inertia)
    if np.linalg.det(axes) < 0:
        axes[:, 0] *= -1
    quaternion = np.zeros(4)
    mujoco.mju_mat2Quat(quaternion, axes.reshape(-1))
    body.inertia, body.iquat = moments, quaternion


def _set_mass(
    body: mujoco.MjsBody, pieces: tuple[TriMesh, ...], origin: NDArray[np.float64], density: float
) -> None:
    body.explicitinertial = True
    volume = sum(piece.to_trimesh().volume for piece in pieces)
    mass = max(density * volume, 1e-3)
    if not pieces:
        body.mass, body.inertia = mass, np.full(3, 1e-7)
        return
    found = mass_of_pieces(pieces, mass)
    body.mass, body.ipos = mass, found.centre - origin
    _set_inertia(body, found.inertia)


def _add_pieces(
    spec: mujoco.MjSpec,
    body: mujoco.MjsBody,
    name: str,
    pieces: tuple[TriMesh, ...],
    contacts: Contacts,
    side: int,
    origin: NDArray[np.float64] | None = None,
) -> None:
    shift = np.zeros(3) if origin is None else origin
    for index, piece in enumerate(pieces):
        mesh = spec.add_mesh(name=f"{name}_{index}")
        mesh.uservert = (piece.vertices - shift).reshape(-1)
        mesh.userface = piece.faces.astype(np.int32).reshape(-1)
        mesh.inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_MESH,
            meshname=f"{name}_{index}",
            contype=1 if side == _HAND else 0,
            conaffinity=1 if side == _OBJECT else 0,
            condim=contacts.dimensions,
            friction=[contacts.friction, contacts.torsion, 0.0],
            solref=list(contacts.solref),
            solimp=list(contacts.solimp),
            mass=0.0,
        )


def _couple(
    spec: mujoco.MjSpec,
    follower: int,
    leader: int,
    hinges: list[tuple[int, float]],
    time_constant: float,
) -> None:
    equality = spec.add_equality(
        type=mujoco.mjtEq.mjEQ_JOINT,
        name1=f"hinge{follower}",
        name2=f"hinge{leader}",
        objtype=mujoco.mjtObj.mjOBJ_JOINT,
        solref=[time_constant, 1.0],
    )
    equality.data[:5] = [0.0, hinges[follower][1] / hinges[leader][1], 0.0, 0.0, 0.0]


def _add_motor(spec: mujoco.MjSpec, hinge: int, gain: float, limit: float) -> None:
    motor = spec.add_actuator(name=f"motor{hinge}", target=f"hinge{hinge}")
    motor.trntype = mujoco.mjtTrn.mjTRN_JOINT
    motor.set_to_position(kp=gain)
    motor.forcelimited = mujoco.mjtLimited.mjLIMITED_TRUE
    motor.forcerange = [-limit, limit]


def _compiled(
    spec: mujoco.MjSpec,
    origins: NDArray[np.float64],
    static: bool,
    motors: NDArray[np.float64],
    hinges: list[tuple[int, float]],
) -> Scene:
    model = spec.compile()
    ids = tuple(
        mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, f"link{link}")
        for link in range(len(origins))
    )
    joints = [model.joint(f"hinge{index}").qposadr[0] for index in range(len(hinges))]
    mocap = tuple(int(model.body_mocapid[item]) for item in (ids if static else ids[:1]))
    return Scene(
        model=model,
        object_body=model.body("object").id,
        links=ids,
        link_origin=origins,
        mocap=mocap,
        motor_factor=motors,
        hinge_address=np.array(joints, dtype=np.int64),
        hinge_dof=np.array([dof for dof, _ in hinges], dtype=np.int64),
        hinge_factor=np.array([factor for _, factor in hinges]),
    )
