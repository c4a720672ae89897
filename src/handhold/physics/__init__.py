"""Grasps in a simulator: MuJoCo scenes of any hand and any object, and the protocols."""

from __future__ import annotations

from handhold.physics.bodies import HandBody, ObjectBody, hand_body, object_body, rigid_hand_body
from handhold.physics.film import Trajectory, record_trial
from handhold.physics.mass import MassProperties
from handhold.physics.protocol import (
    DIRECTIONS,
    PROTOCOLS,
    Contacts,
    HandDrive,
    ObmanProtocol,
    Pieces,
    Protocol,
    SixAxisProtocol,
    direction_vector,
    protocol,
    towards_palm,
)
from handhold.physics.results import DisplacementResults, HoldResults, TrialResults
from handhold.physics.run import run_trials
from handhold.physics.shrink import shrunk

__all__ = [
    "DIRECTIONS",
    "PROTOCOLS",
    "Contacts",
    "DisplacementResults",
    "HandBody",
    "HandDrive",
    "HoldResults",
    "MassProperties",
    "ObjectBody",
    "ObmanProtocol",
    "Pieces",
    "Protocol",
    "SixAxisProtocol",
    "Trajectory",
    "TrialResults",
    "direction_vector",
    "hand_body",
    "object_body",
    "protocol",
    "record_trial",
    "rigid_hand_body",
    "run_trials",
    "shrunk",
    "towards_palm",
]
