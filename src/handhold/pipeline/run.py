"""An object and a sentence in, judged grasps out (GDG figure 2)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import torch

from handhold.contact import ObjectField, Prior, build_field
from handhold.errors import NoGraspError
from handhold.evaluate import judge, posed_hands
from handhold.generate import (
    Candidates,
    PartShape,
    Proposals,
    part_shape,
    propose,
    rule_candidates,
    sample_network,
    unnaturalness,
)
from handhold.grasps import GraspBatch
from handhold.grounding import ContactPart, describe_parts, locate_part
from handhold.hands import Hand, load_hand
from handhold.language import InstructionReader, LexiconReader, Understanding
from handhold.models import PartAwareCVAE
from handhold.objects import ObjectAsset
from handhold.pipeline.probe import PROBED, probe
from handhold.pipeline.rank import Ranking, rank
from handhold.pipeline.seeds import RefinedSeeds, refine_seeds
from handhold.pipeline.settings import GraspSettings
from handhold.pipeline.state import GraspResult, Interrupted, Steps
from handhold.priors import PriorLibrary, load_library
from handhold.refine import Pose
from handhold.train import load_shipped_network

SAMPLES_PER_CLUSTER = 64
PARTS_TRIED = 4
"""Parts that are tried, likeliest first, where only shape speaks for one (ours)."""


class OnProgress(Protocol):
    """How a run reports: stage, share of it that is done, a word about it."""

    def __call__(self, stage: str, fraction: float, detail: str = "") -> None: ...


@dataclass(frozen=True, eq=False)
class _Part:
    field: ObjectField
    shape: PartShape


@dataclass(eq=False)
class _Clock:
    on_progress: OnProgress | None
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[Callable[[float, str], None]]:
        """Time a stage and say that it began and ended."""

        def tell(share: float, detail: str = "") -> None:
            if self.on_progress is not None:
                self.on_progress(name, share, detail)

        began = time.perf_counter()
        tell(0.0)
        yield tell
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began
        tell(1.0)


class Grasper:
    """An object, loaded once, that can be asked many instructions.

    Args:
        asset: what to grasp.
        hand, library, network, reader: what to grasp with; the ones that ship by default. No
            network is used where None ships for the hand.
    """

    def __init__(
        self,
        asset: ObjectAsset,
        *,
        hand: Hand | None = None,
        library: PriorLibrary | None = None,
        network: PartAwareCVAE | None = None,
        reader: InstructionReader | None = None,
    ) -> None:
        self.asset = asset
        self.hand = hand or load_hand("human")
        self.library = library or load_library(self.hand.name)
        self.network = network or load_shipped_network(self.hand.name, self.library)
        self.reader = reader or LexiconReader()
        self._descriptors = describe_parts(asset)
        self._parts: dict[str, _Part] = {}

    def ask(
        self,
        instruction: str,
        settings: GraspSettings | None = None,
        *,
        affordance: str | None = None,
        part: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> GraspResult:
        """Grasp the object as the sentence says; flags override what the sentence says.

        Where neither the words nor a flag name the part, its shape is a guess: if no grasp of it
        is acceptable, the next likely parts are tried.

        Raises InputError for an empty instruction, an unknown affordance or part, NoGraspError
        where no place on the object fits, and Interrupted (with what is finished) on Ctrl-C.
        """
        settings = settings or GraspSettings()
        clock = _Clock(on_progress)
        with clock.stage("understand"):
            understood = self.reader.read(
                instruction, self._readable_names(), affordance=affordance, part=part
            )
            target = self._locate(understood, part)
        first: GraspResult | None = None
        failure: NoGraspError | None = None
        for guess in self._guesses(target):
            try:
                result = self._grasp_part(understood, guess, settings, clock)
            except NoGraspError as error:
                failure = failure or error
                continue
            if result.good:
                return result
            first = first or result
        if first is not None:
            return first
        assert failure is not None
        raise failure

    def _guesses(self, target: ContactPart) -> list[ContactPart]:
        """The part, and behind a guess by shape the next likely ones."""
        if not target.by_shape:
            return [target]
        order = np.argsort(-np.array(target.scores), kind="stable")[:PARTS_TRIED]
        others = [int(index) for index in order if index != target.index]
        return [target] + [
            replace(
                target,
                index=index,
                name=self.asset.part_names[index],
                explanation=f"{target.explanation} No grasp of it was acceptable, so"
                f" {self.asset.part_names[index]} was tried.",
            )
            for index in others
        ]

    def _grasp_part(
        self,
        understood: Understanding,
        target: ContactPart,
        settings: GraspSettings,
        clock: _Clock,
    ) -> GraspResult:
        with clock.stage("distance"):
            prepared = self._prepare(target.name, settings.torch_device())
        with clock.stage("retrieve"):
            priors = self._retrieve(understood.affordance, prepared.shape, settings)
        hand = self.hand.to(settings.torch_device())
        with clock.stage("propose") as tell:
            proposals = self._propose(hand, prepared, priors, settings)
            if settings.ablation != "no-refinement":
                proposals = probe(
                    hand, prepared.field, prepared.shape, priors, proposals, settings.seeds
                )
            tell(1.0, f"{len(proposals.candidates)} of {proposals.considered} coarse poses")
        with clock.stage("refine") as tell:
            done = refine_seeds(
                hand, prepared.field, priors, proposals.candidates, settings.refinement(), tell
            )
        with clock.stage("judge"):
            result = self._judge(
                hand, prepared, priors, proposals, done, understood, target, settings, clock
            )
        if len(done) < done.expected:
            raise Interrupted(result)
        return result

    def _readable_names(self) -> tuple[str, ...]:
        """Provisional names mean nothing: no sentence should match them."""
        return () if self.asset.parts_provisional else self.asset.part_names

    def _locate(self, understood: Understanding, part: str | None) -> ContactPart:
        if part is not None:
            index = self.asset.part_index(part)
            name = self.asset.part_names[index]
            return ContactPart(index, name, False, f"{name} was given by a flag.")
        return locate_part(
            understood,
            self.asset.part_names,
            self._descriptors,
            parts_provisional=self.asset.parts_provisional,
        )

    def _prepare(self, part: str, device: torch.device) -> _Part:
        if part not in self._parts:
            near = build_field(self.asset, part)
            self._parts[part] = _Part(near, part_shape(self.asset, part, near))
        found = self._parts[part]
        return _Part(found.field.to(device), found.shape)

    def _retrieve(
        self, affordance: str, shape: PartShape, settings: GraspSettings
    ) -> tuple[Prior, ...]:
        found = self.library.retrieve(affordance, shape.descriptor(affordance))
        return tuple(prior.to(settings.torch_device()) for prior in found)

    def _propose(
        self, hand: Hand, part: _Part, priors: tuple[Prior, ...], settings: GraspSettings
    ) -> Proposals:
        sources: list[Candidates | None] = []
        if settings.ablation != "network-only":
            sources.append(rule_candidates(self.asset, part.shape, priors))
        if settings.ablation != "rules-only" and self.network is not None:
            learned = [self.library.learned(prior) for prior in priors]
            asked = [None if prior is None else prior.cluster for prior in learned]
            sources.append(
                sample_network(
                    self.network, asked, priors, part.shape, SAMPLES_PER_CLUSTER, settings.seed
                )
            )
        found = [source for source in sources if source is not None]
        if not found:
            raise NoGraspError(
                f"No place on the part fits {priors[0].affordance}.",
                "Choose another part (--part) or affordance (--affordance).",
            )
        few = settings.ablation == "no-refinement"
        count = settings.seeds if few else PROBED * settings.seeds
        return propose(hand, part.field, part.shape, priors, found, count)

    def _judge(
        self,
        hand: Hand,
        part: _Part,
        priors: tuple[Prior, ...],
        proposals: Proposals,
        done: RefinedSeeds,
        understood: Understanding,
        target: ContactPart,
        settings: GraspSettings,
        clock: _Clock,
    ) -> GraspResult:
        final, candidates, codes = done.refined.final, done.candidates, done.refined.codes
        energies = {name: _numpy(values) for name, values in done.refined.energies.items()}
        hands = posed_hands(
            hand, _numpy(final.translation), _numpy(final.rotation), _numpy(final.joints)
        )
        asset = self.asset
        judgement = judge(
            asset.mesh, asset.face_parts, target.index, hands, has_solid=asset.has_solid
        )
        refined = Candidates(final, candidates.prior, candidates.network)
        awkward = _numpy(unnaturalness(priors, part.shape, refined))
        ranking = rank(
            judgement, energies, awkward, refined, codes, understood.affordance, settings.n
        )
        rows = torch.as_tensor(ranking.order, device=candidates.prior.device)
        batch = GraspBatch.from_object_frame(
            asset.frame,
            _numpy(final.translation)[ranking.order],
            _numpy(final.rotation)[ranking.order],
            joints=_numpy(final.joints)[ranking.order],
            hand=hand.name,
            joint_names=hand.joint_names,
            object_file=asset.file or asset.name,
            object_name=asset.name,
            object_hash=asset.content_hash,
            instruction=understood.instruction,
            affordance=(understood.affordance,) * len(rows),
            part=(target.name,) * len(rows),
            prior_cluster=tuple(priors[int(i)].cluster for i in candidates.prior[rows]),
            origin=tuple("network" if made else "rule" for made in candidates.network[rows]),
            energies={name: values[ranking.order] for name, values in energies.items()},
            metrics={n: v[ranking.order] for n, v in judgement.as_arrays().items()},
            acceptable=ranking.acceptable[ranking.order],
            reason=tuple(ranking.reasons[i] for i in ranking.order),
            result_code=tuple(codes[i] for i in ranking.order),
            notes=asset.notes,
        )
        return GraspResult(
            asset=asset,
            hand=hand,
            batch=batch,
            understanding=understood,
            contact_part=target,
            priors=priors,
            steps=_steps(hand, done, rows),
            timings=clock.seconds,
            notes=asset.notes,
            shortfall=_shortfall(ranking, batch, settings, len(done)),
            seeds=len(proposals.candidates),
            considered=proposals.considered,
            good=int(ranking.acceptable.sum()),
        )


def grasp_object(
    asset: ObjectAsset,
    instruction: str,
    *,
    settings: GraspSettings | None = None,
    affordance: str | None = None,
    part: str | None = None,
    on_progress: OnProgress | None = None,
) -> GraspResult:
    """One question about one object; see `Grasper` for several."""
    return Grasper(asset).ask(
        instruction, settings, affordance=affordance, part=part, on_progress=on_progress
    )


def _steps(hand: Hand, done: RefinedSeeds, rows: torch.Tensor) -> Steps:
    def skin(pose: Pose) -> np.ndarray:
        chosen = pose.select(rows)
        return _numpy(hand.pose(chosen.translation, chosen.rotation, chosen.joints).vertices)

    return Steps(*map(skin, (done.refined.start, done.refined.extrinsic, done.refined.final)))


def _shortfall(
    ranking: Ranking, batch: GraspBatch, settings: GraspSettings, refined: int
) -> str | None:
    good = int(ranking.acceptable.sum())
    if good == 0:
        why = f"the best attempt: {batch.reason[0]}"
        return f"None of {refined} refined grasps is acceptable; {why}."
    if len(batch) < settings.n:
        return (
            f"{len(batch)} of the {settings.n} grasps asked for: {good} of {refined} are"
            f" acceptable, and {len(batch)} of them distinct. More --seeds may find others."
        )
    return None


def _numpy(values: torch.Tensor) -> np.ndarray:
    return np.asarray(values.detach().cpu().double().numpy())
