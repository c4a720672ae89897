"""An object and a sentence in, judged grasps out (GDG figure 2)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import torch

from handhold.contact import ObjectField, Prior, build_field, keep_off
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
from handhold.grounding import ContactPart, TextDetector
from handhold.hands import Hand, load_hand
from handhold.language import InstructionReader, Understanding, default_reader
from handhold.models import PartAwareCVAE
from handhold.objects import ObjectAsset
from handhold.pipeline.ground import Encode, Grounder, Grounding, require_clear, sparing
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
        detector, encode: what finds parts of objects that have no named ones; see `Grounder`.
    """

    def __init__(
        self,
        asset: ObjectAsset,
        *,
        hand: Hand | None = None,
        library: PriorLibrary | None = None,
        network: PartAwareCVAE | None = None,
        reader: InstructionReader | None = None,
        detector: TextDetector | None = None,
        encode: Encode | None = None,
    ) -> None:
        self.asset = asset
        self.hand = hand or load_hand("human")
        self.library = library or load_library(self.hand.name)
        self.network = network or load_shipped_network(self.hand.name, self.library)
        self.grounder = Grounder(
            asset, reader or default_reader(), detector=detector, encode=encode
        )
        self._regions: dict[str, Grasper] = {}
        self._parts: dict[str, _Part] = {}
        self._kept_off: dict[tuple[str, tuple[str, ...]], _Part] = {}

    def ask(
        self,
        instruction: str,
        settings: GraspSettings | None = None,
        *,
        affordance: str | None = None,
        part: str | None = None,
        avoid: Sequence[str] = (),
        strict: bool = False,
        on_progress: OnProgress | None = None,
    ) -> GraspResult:
        """Grasp the object as the sentence says; flags override what the sentence says.

        Where the object's parts have no names, the part is looked for on its surface (`Grounder`).
        Where no words name the part and nothing finds it, its shape is a guess: if no grasp of it
        is acceptable, the next likely parts are tried. The hand keeps off the parts of `avoid`
        and off those that the sentence forbids; the part that it goes to is never one of them.
        A sentence that may mean two things is read in the likelier way, with a note; `strict`
        makes that an error.

        Raises InputError for an empty instruction, an unknown affordance or part, NoGraspError
        where no place on the object fits, and Interrupted (with what is finished) on Ctrl-C.
        """
        settings = settings or GraspSettings()
        clock = _Clock(on_progress)
        with clock.stage("understand"):
            found = self.grounder.ground(instruction, affordance=affordance, part=part, avoid=avoid)
            if strict:
                require_clear(found)
        result = self._grasp(found, settings, clock)
        looked = (result.contact_part.explanation,) if found.asset is not self.asset else ()
        notes = (*result.notes, *looked, *found.ambiguities)
        return replace(result, notes=tuple(dict.fromkeys(notes)))

    def _grasp(self, found: Grounding, settings: GraspSettings, clock: _Clock) -> GraspResult:
        if found.asset is self.asset:
            guesses = self._guesses(found.target, found.understood.avoid)
            return self._try_all(found.understood, guesses, settings, clock)
        result: GraspResult | None = None
        inside = self._on(found.asset)
        try:
            result = inside._grasp_part(found.understood, found.target, settings, clock)
        except NoGraspError:
            found_nothing = "No place on it fits"
        else:
            if result.good:
                return result
            found_nothing = "No grasp of it was acceptable"
        shape = self.grounder.by_shape(found.understood)
        why = f"{found.target.explanation} {found_nothing}. {shape.target.explanation}"
        target = replace(shape.target, explanation=why)
        try:
            other = self._try_all(
                shape.understood,
                self._guesses(target, shape.understood.avoid),
                settings,
                clock,
            )
        except NoGraspError:
            if result is None:
                raise
            return result
        return result if result is not None and not other.good else other

    def _on(self, asset: ObjectAsset) -> Grasper:
        """The same hand and priors on the same object, cut into other parts."""
        key = asset.content_hash
        if key not in self._regions:
            self._regions[key] = Grasper(
                asset,
                hand=self.hand,
                library=self.library,
                network=self.network,
                reader=self.grounder.reader,
            )
        return self._regions[key]

    def _try_all(
        self,
        understood: Understanding,
        guesses: Sequence[ContactPart],
        settings: GraspSettings,
        clock: _Clock,
    ) -> GraspResult:
        """The first part of which a grasp is good, else what the first one gave."""
        first: GraspResult | None = None
        failure: NoGraspError | None = None
        for guess in guesses:
            kept = sparing(understood, guess.name)
            try:
                result = self._grasp_part(kept, guess, settings, clock)
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

    def _guesses(self, target: ContactPart, avoid: Sequence[str]) -> list[ContactPart]:
        """The part, and behind a guess by shape the next likely ones; no guess is avoided, if
        there are others."""
        if not target.by_shape:
            return [target]
        order = np.argsort(-np.array(target.scores), kind="stable")
        names = self.asset.part_names
        allowed = [int(i) for i in order if names[i] not in avoid] or [int(i) for i in order]
        if allowed[0] != target.index:
            name = names[allowed[0]]
            why = f"{target.explanation} {target.name} is to be avoided, so {name} was taken."
            target = replace(target, index=allowed[0], name=name, explanation=why)
        others = allowed[1:PARTS_TRIED]
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
            prepared = self._prepare(target.name, settings.torch_device(), understood.avoid)
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

    def _prepare(self, part: str, device: torch.device, avoid: tuple[str, ...] = ()) -> _Part:
        if part not in self._parts:
            near = build_field(self.asset, part)
            self._parts[part] = _Part(near, part_shape(self.asset, part, near))
        found = self._parts[part]
        if avoid:
            if (part, avoid) not in self._kept_off:
                kept = keep_off(found.field, self.asset, avoid)
                self._kept_off[part, avoid] = replace(found, field=kept)
            found = self._kept_off[part, avoid]
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
            asset.mesh,
            asset.face_parts,
            target.index,
            hands,
            has_solid=asset.has_solid,
            avoid=_mask(asset, understood.avoid),
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
            avoid=understood.avoid,
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
            notes=(*asset.notes, *understood.notes),
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
    avoid: Sequence[str] = (),
    strict: bool = False,
    reader: InstructionReader | None = None,
    detector: TextDetector | None = None,
    encode: Encode | None = None,
    on_progress: OnProgress | None = None,
) -> GraspResult:
    """One question about one object; see `Grasper` for several."""
    return Grasper(asset, reader=reader, detector=detector, encode=encode).ask(
        instruction,
        settings,
        affordance=affordance,
        part=part,
        avoid=avoid,
        strict=strict,
        on_progress=on_progress,
    )


def _mask(asset: ObjectAsset, names: Sequence[str]) -> np.ndarray | None:
    """(P,) which parts are to be avoided; None where none are."""
    return np.isin(asset.part_names, names) if names else None


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
