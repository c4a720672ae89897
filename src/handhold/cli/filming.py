"""A film of one trial of one grasp."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from handhold.cli import console
from handhold.errors import InputError

if TYPE_CHECKING:
    from handhold.evaluate import Profile
    from handhold.grasps import GraspGroup
    from handhold.physics import Protocol, Trajectory
    from handhold.render import FilmScene

FRAMES = 53  # ours: of an animation; a strip shows six of them


@dataclass(frozen=True, eq=False)
class Take:
    """One trial to be filmed: of the only grasp of `group`.

    direction: of the force; "" for the one that moves the object most.
    """

    group: GraspGroup
    protocol: Protocol
    direction: str
    path: Path

    @classmethod
    def checked(
        cls,
        groups: Sequence[GraspGroup],
        profile: Profile,
        path: Path,
        number: int,
        direction: str | None,
    ) -> Take:
        """Grasp `number` (from 1, over all groups) under the last protocol that suits its hand.

        Raises InputError where there is no such grasp, protocol, direction or kind of film.
        """
        from handhold.physics import protocol
        from handhold.render import checked_film

        group = _the_grasp(groups, number)
        known = [protocol(name) for name in profile.physics]
        able = [each for each in known if group.hand is not None or each.hand == "static"]
        if not able:
            raise InputError(
                f"The profile {profile.name} has no physics to film with this hand.",
                "Use --profile obman" + ("." if group.hand is None else ", or six-axis."),
            )
        if direction is not None and direction not in able[-1].directions:
            raise InputError(
                f"{able[-1].name} has no direction '{direction}'.",
                f"Its directions: {', '.join(able[-1].directions)}.",
            )
        return cls(group, able[-1], direction or "", checked_film(path))

    def shoot(self, on_progress: console.OnProgress) -> Path:
        """Write the film: .png is a strip of six moments, .gif and .webp move."""
        from handhold.physics import record_trial
        from handhold.render import film_frames, labelled_strip, write_film, write_png

        on_progress("film", 0.0, f"{self.group.entry[0]}, {self.protocol.name}")
        force = self.direction or _worst(self.group, self.protocol)
        trial = record_trial(self.group, 0, self.protocol, force, frames=FRAMES)
        on_progress("film", 0.2, str(self.path))
        if self.path.suffix.lower() == ".png":
            names, moments = zip(*_moments(self.protocol, trial, force), strict=True)
            frames = film_frames(_scene(self.group, trial, np.array(moments)))
            captions = [_caption(trial, moment) for moment in moments]
            labels = list(zip(names, captions, strict=True))
            write_png(labelled_strip(frames, labels), self.path)
        else:
            every = np.arange(len(trial.times))
            write_film(self.path, film_frames(_scene(self.group, trial, every)))
        on_progress("film", 1.0, f"{self.group.entry[0]}, {self.protocol.name}, {force}")
        return self.path


def _caption(trial: Trajectory, moment: int) -> str:
    moved = np.linalg.norm(trial.object[moment, :, 3] - trial.object[0, :, 3])
    return f"{trial.times[moment]:.2f} s, moved {100 * moved:.2f} cm"


def _moments(chosen: Protocol, trial: Trajectory, force: str) -> list[tuple[str, int]]:
    """Name and frame of six moments."""
    from handhold.physics import ObmanProtocol

    end = float(trial.times[-1])
    if isinstance(chosen, ObmanProtocol):
        wanted = [(f"gravity {force}", share * end) for share in np.linspace(0, 1, 6)]
    else:
        phases = np.cumsum([0, chosen.close_steps, chosen.squeeze_steps, chosen.settle_steps])
        names = ("pre-grasp", "grasp", "squeeze", "rest")
        closing = chosen.timestep * phases
        wanted = [(name, float(at)) for name, at in zip(names, closing, strict=True)]
        wanted += [(f"pull {force}", (closing[-1] + end) / 2), (f"pull {force}", end)]
    return [(name, int(np.abs(trial.times - at).argmin())) for name, at in wanted]


def _the_grasp(groups: Sequence[GraspGroup], number: int) -> GraspGroup:
    before = 0
    for group in groups:
        if number <= before + len(group):
            return group.select([number - 1 - before])
        before += len(group)
    raise InputError(f"There is no grasp {number} to film.", f"There are {before}.")


def _worst(group: GraspGroup, chosen: Protocol) -> str:
    from handhold.physics import ObmanProtocol, run_trials

    if isinstance(chosen, ObmanProtocol):
        moved = run_trials(group, chosen).displacement_cm[0]
    else:
        results = run_trials(group, chosen)
        moved = results.moved_cm[0] + 1000 * (results.held[0] == 0)
    return chosen.directions[int(np.nanargmax(moved)) if np.isfinite(moved).any() else 0]


def _scene(group: GraspGroup, trial: Trajectory, moments: NDArray[np.int64]) -> FilmScene:
    from handhold.render import FilmScene

    asset, part = group.asset, group.part[0]
    target = -1 if part is None else asset.part_index(part)
    faces = group.skins[0].faces if group.hand is None else group.hand.faces.cpu().numpy()
    return FilmScene(
        trial.times[moments],
        _skins(group, trial.links[moments]),
        faces,
        asset.mesh,
        trial.object[moments],
        asset.face_parts == target,
    )


def _skins(group: GraspGroup, links: NDArray[np.float64]) -> NDArray[np.float64]:
    """Vertices (T, V, 3) of the hand whose links went (T, L, 3, 4) from their zero pose."""
    if group.hand is None:
        turned = group.skins[0].vertices @ links[:, 0, :, :3].transpose(0, 2, 1)
        return np.asarray(turned + links[:, :1, :, 3])

    import torch

    return group.hand.to("cpu", torch.float64).carried_by(torch.from_numpy(links)).vertices.numpy()
