"""Metrics of all grasps of a set together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from handhold.evaluate.diversity import diversity
from handhold.evaluate.entropy import JointEntropy, joint_entropy
from handhold.evaluate.metrics import METRICS
from handhold.evaluate.profiles import Profile
from handhold.evaluate.wording import counted
from handhold.grasps import GraspGroup
from handhold.hands import Hand

CLIPPED = "in its end bins"  # in every note on clipped angles


class PoseSet:
    """Poses collected for the set metrics of a profile."""

    def __init__(self, hand: Hand | None, profile: Profile) -> None:
        self._hand = hand
        self._profile = profile
        self._clipped = 0
        self._poses: list[tuple[NDArray[np.float64], ...]] = []

    def add(self, group: GraspGroup) -> None:
        """Take in the grasps of a group."""
        poses = group.poses
        if poses is not None and len(poses):
            self._poses.append((poses.translation, poses.rotation, poses.joints))

    def metrics(self) -> tuple[dict[str, float], dict[str, str]]:
        """Values by name, and reasons of those that are nan: of all grasps added so far."""
        wanted = self._profile.set_metrics
        if not wanted:
            return {}, {}
        if self._hand is None:
            reason = "a rigid hand mesh has neither pose nor joints"
            return dict.fromkeys(wanted, np.nan), dict.fromkeys(wanted, reason)
        translation, rotation, joints = self._stacked(self._hand)
        spread = diversity(translation, rotation, joints)
        entropy = self._entropy(self._hand, joints)
        self._clipped = entropy.n_clipped
        values, reasons = {}, {}
        for name in wanted:
            source = entropy if hasattr(entropy, name) else spread
            values[name] = float(getattr(source, name))
            if not np.isfinite(values[name]):
                reasons[name] = source.reason or f"{METRICS[name].title} could not be measured"
        return values, reasons

    def notes(self) -> tuple[str, ...]:
        """What `metrics` had to assume."""
        entropy_wanted = any(name.startswith("h_") for name in self._profile.set_metrics)
        if not self._clipped or not entropy_wanted:
            return ()
        one = self._clipped == 1
        lie, count = (
            ("lies outside its limits", "it") if one else ("lie outside their limits", "them")
        )
        return (f"{counted(self._clipped, 'joint angle')} {lie}; H counts {count} {CLIPPED}",)

    def _entropy(self, hand: Hand, joints: NDArray[np.float64]) -> JointEntropy:
        return joint_entropy(
            joints,
            hand.spec.joint_lower.double().cpu().numpy(),
            hand.spec.joint_upper.double().cpu().numpy(),
            bins=self._profile.entropy_bins,
        )

    def _stacked(self, hand: Hand) -> tuple[NDArray[np.float64], ...]:
        if not self._poses:
            return np.zeros((0, 3)), np.zeros((0, 3, 3)), np.zeros((0, hand.joint_count))
        return tuple(np.concatenate(parts) for parts in zip(*self._poses, strict=True))
