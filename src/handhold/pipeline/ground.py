"""From a sentence to a region of the object: read, then find the part (stage 1 of G-DexGrasp)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from handhold.errors import InputError
from handhold.grounding import (
    ContactPart,
    PartDescriptors,
    choose_instance,
    describe_parts,
    detect_region,
    find_region,
    locate_part,
    match_name,
)
from handhold.grounding.detection import TextDetector
from handhold.grounding.named import Encode as EncodeToArray
from handhold.grounding.point_scores import Query
from handhold.grounding.region_places import choose_place
from handhold.grounding.segment import ask
from handhold.language import InstructionReader, PartsView, Understanding, load_lexicon
from handhold.language.head_input import WHOLE_OBJECT
from handhold.language.mentioned import named_parts, object_noun
from handhold.language.odd_input import readable
from handhold.objects import ObjectAsset
from handhold.render import observe_object, parts_view

Encode = Callable[[Sequence[str]], Tensor]
"""Texts to unit vectors (N, D), as TextEncoder.vectors."""
How = Literal["flag", "name", "instance", "detector", "segmenter", "shape"]
REST = "rest"
SMALLEST_REGION = 1e-4  # m2, ours: a fingertip's; less is no place for a hand
LEAST_CONFIDENCE = 0.2  # ours: of a region that the segmenter found
# What the part is called that an affordance goes to, where nobody named it.
USUAL_NOUN = {
    "handle-grip": "handle",
    "twist": "knob",
    "wrap-around-grip": "body",
    "base-support": "base",
    "trigger-squeeze": "trigger",
    "press": "button",
    "point": "surface",
}


@dataclass(frozen=True, eq=False)
class Grounding:
    """What a sentence means on an object.

    asset: the object; where its parts had no names, with the found part, the parts to avoid and
    the rest as its parts. target: of the asset's parts. how: what found it: a flag, its name,
    words of place among several of one name, the detector, the part segmenter, or its shape.
    confidence: of the region, 0 to 1; 1 where its name was given. candidates: parts that it may
    be as well. steps: what was done, a sentence each, for a person.
    """

    asset: ObjectAsset
    understood: Understanding
    target: ContactPart
    how: How
    confidence: float = 1.0
    candidates: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()

    @property
    def faces(self) -> NDArray[np.bool_]:
        """(F,) those of the target."""
        return self.asset.face_parts == self.target.index

    @property
    def ambiguities(self) -> tuple[str, ...]:
        """What could be meant as well, a sentence each; none where all is clear."""
        found = []
        other = self.understood.runner_up
        if self.understood.is_ambiguous and other is not None:
            part = f" of the {other.part_name}" if other.part_name else ""
            found.append(
                f"It may mean {other.affordance}{part}, too"
                f" ({other.confidence:.2f} against {self.understood.confidence:.2f})."
            )
        if self.candidates:
            found.append(f"It may be any of {', '.join(self.candidates)}: say which.")
        return tuple(found)


class Grounder:
    """One object, and all that is needed to find parts of it.

    Args:
        asset: the object.
        reader: who reads sentences.
        detector: looks for parts in rendered pictures of objects whose parts have no names, and
            before the part segmenter is asked.
        encode: texts to vectors, for names that neither lexicon nor segmenter knows.
    """

    def __init__(
        self,
        asset: ObjectAsset,
        reader: InstructionReader,
        *,
        detector: TextDetector | None = None,
        encode: Encode | None = None,
    ) -> None:
        self.asset = asset
        self.reader = reader
        self.detector = detector
        self.encode = encode
        self.category = object_noun(asset.name)

    @cached_property
    def descriptors(self) -> PartDescriptors:
        """Of the object's own parts; measured when first asked for."""
        return describe_parts(self.asset)

    def ground(
        self,
        instruction: str,
        *,
        affordance: str | None = None,
        part: str | None = None,
        avoid: Sequence[str] = (),
    ) -> Grounding:
        """The part that the sentence means; flags override what it says.

        part: one of the object's names, a word for one (`grip`), or, where the object's parts have
        no names, what to look for. Raises InputError for an empty instruction, an unknown
        affordance, and a part that the object does not have.
        """
        if self.asset.parts_provisional and part not in self.asset.part_names:
            return self._unnamed(instruction, affordance, part, avoid)
        return self._named(instruction, affordance, part, avoid)

    # -- Parts with names ----------------------------------------------------------------------

    def _named(
        self,
        instruction: str,
        affordance: str | None,
        part: str | None,
        avoid: Sequence[str],
    ) -> Grounding:
        names = self.asset.part_names
        steps: list[str] = []
        flagged = None if part is None else self._own_name(part, instruction, steps)
        understood = self.reader.read(
            instruction,
            names,
            affordance=affordance,
            part=flagged,
            category=self.category,
            view=self._view(),
        )
        understood = self._avoiding(understood, avoid, steps)
        if flagged is not None:
            target = ContactPart(
                self.asset.part_index(flagged), flagged, False, f"{flagged} was given by a flag."
            )
            return self._done(understood, target, "flag", steps)
        if understood.part_name is None:
            target = locate_part(understood, names, self.descriptors)
            how: How = "shape" if target.by_shape else "name"
            return self._done(understood, target, how, steps)
        choice = choose_instance(understood.part_name, instruction, names, self.descriptors)
        others = choice.candidates if choice.is_ambiguous else ()
        if choice.name != understood.part_name:
            steps.append(choice.explanation)
            understood = replace(understood, part_name=choice.name)
        elif len(choice.candidates) > 1:
            steps.append(choice.explanation)
        target = locate_part(understood, names, self.descriptors)
        how = "instance" if len(choice.candidates) > 1 else "name"
        return self._done(understood, target, how, steps, candidates=others)

    def _own_name(self, part: str, instruction: str, steps: list[str]) -> str:
        """The object's own name for a part that a flag names."""
        match = match_name(part, self.asset.part_names, encode=_to_array(self.encode))
        if match.name is None:
            raise _no_part(self.asset, part)
        if match.name != part:
            steps.append(match.reason)
        if len(match.names) == 1:
            return match.name
        choice = choose_instance(
            match.name, f"{part}. {instruction}", self.asset.part_names, self.descriptors
        )
        steps.append(choice.explanation)
        return choice.name

    def _avoiding(
        self, understood: Understanding, avoid: Sequence[str], steps: list[str]
    ) -> Understanding:
        """With what the user adds to the parts to avoid, in the object's order."""
        wanted = {*understood.avoid, *(self._own_name(name, "", steps) for name in avoid)}
        names = tuple(name for name in self.asset.part_names if name in wanted)
        return replace(understood, avoid=names) if names != understood.avoid else understood

    # -- Parts without names -------------------------------------------------------------------

    def _unnamed(
        self,
        instruction: str,
        affordance: str | None,
        part: str | None,
        avoid: Sequence[str],
    ) -> Grounding:
        lexicon = load_lexicon()
        nouns = named_parts(readable(instruction, lexicon).text, lexicon)
        understood = self.reader.read(
            instruction,
            (*nouns, WHOLE_OBJECT) if nouns else (),
            affordance=affordance,
            category=self.category,
            view=self._view(),
        )
        other = understood.runner_up
        if other is not None and other.part_name == WHOLE_OBJECT:
            understood = replace(understood, runner_up=replace(other, part_name=None))
        query = part or (understood.part_name if understood.part_name in nouns else None) or ""
        kept_off = (*avoid, *(name for name in understood.avoid if name in nouns))
        forbidden = tuple(name for name in dict.fromkeys(kept_off) if name != query)
        name = query or USUAL_NOUN[understood.affordance]
        found = look_for(
            self.asset,
            name,
            query=query,
            affordance=understood.affordance,
            said=f"{part or ''}. {instruction}",
            detector=self.detector,
            encode=self.encode,
        )
        sure = found.how == "detector" or found.confidence >= LEAST_CONFIDENCE
        if sure and is_place(self.asset, found.faces):
            return self._with_region(understood, name, found, forbidden)
        return self.by_shape(replace(understood, avoid=forbidden))

    def by_shape(self, understood: Understanding) -> Grounding:
        """The part of the object itself whose shape suits the affordance best: a guess."""
        names = self.asset.part_names
        kept = tuple(name for name in understood.avoid if name in names)
        lost = tuple(name for name in understood.avoid if name not in names)
        notes = (*understood.notes, *_not_avoided(lost))
        read = replace(understood, part_name=None, avoid=kept, notes=notes)
        target = locate_part(
            read, names, self.descriptors, parts_provisional=self.asset.parts_provisional
        )
        return self._done(read, target, "shape", [], confidence=0.0)

    def _with_region(
        self, understood: Understanding, name: str, found: FoundPart, forbidden: Sequence[str]
    ) -> Grounding:
        """The object cut anew: the found part, parts to avoid, the rest."""
        labels = np.full(len(found.faces), -1)
        labels[found.faces] = 0
        names, lost = [name], []
        for other, theirs in self._surely(forbidden).items():
            theirs = theirs & (labels < 0)
            if theirs.any():
                labels[theirs] = len(names)
                names.append(other)
            else:
                lost.append(other)
        avoided = tuple(names[1:])
        if (labels < 0).any():
            labels[labels < 0] = len(names)
            names.append(REST)
        asset = replace(
            self.asset, face_parts=labels, part_names=tuple(names), parts_provisional=False
        )
        notes = (*understood.notes, *_not_avoided(lost))
        if found.alike > 1:
            notes = (*notes, _several(name, found.alike))
        understood = replace(understood, part_name=name, avoid=avoided, notes=notes)
        target = ContactPart(0, name, False, found.reason)
        grounding = self._done(understood, target, found.how, [], confidence=found.confidence)
        return replace(grounding, asset=asset)

    def _surely(self, names: Sequence[str]) -> dict[str, NDArray[np.bool_]]:
        """Name to (F,): a piece of the object, or what the segmenter is sure to be called so."""
        asset = self.asset
        found = {n: asset.face_parts == asset.part_index(n) for n in names if n in asset.part_names}
        unknown = [name for name in names if name not in found]
        if unknown:
            answers = ask(asset.mesh, [Query(name) for name in unknown], encode=self.encode)
            for row, name in enumerate(unknown):
                region = answers.region(row)
                found[name] = region.chosen & (region.confidence >= LEAST_CONFIDENCE)
        return {name: found[name] for name in names}

    # -- Both ----------------------------------------------------------------------------------

    def _view(self) -> Callable[[], PartsView]:
        return lambda: parts_view(self.asset)

    def _done(
        self,
        understood: Understanding,
        target: ContactPart,
        how: How,
        steps: Sequence[str],
        *,
        confidence: float = 1.0,
        candidates: tuple[str, ...] = (),
    ) -> Grounding:
        understood = sparing(understood, target.name)
        said = (understood.explanation, *steps, target.explanation)
        return Grounding(
            asset=self.asset,
            understood=understood,
            target=target,
            how=how,
            confidence=confidence,
            candidates=candidates,
            steps=tuple(dict.fromkeys(said)),
        )


def require_clear(found: Grounding) -> None:
    """Raise InputError where the sentence may mean two things."""
    if found.ambiguities:
        raise InputError(
            f"The sentence is ambiguous. {' '.join(found.ambiguities)}",
            "Say it more exactly, give --affordance or --part, or leave out --strict.",
        )


def sparing(understood: Understanding, target: str) -> Understanding:
    """The same with the part that the hand goes to taken out of those to be avoided."""
    if target not in understood.avoid:
        return understood
    note = f"The hand goes to {target}, so {target} is not avoided; --part names another part."
    rest = tuple(name for name in understood.avoid if name != target)
    return replace(understood, avoid=rest, notes=(*understood.notes, note))


@dataclass(frozen=True, eq=False)
class FoundPart:
    """Faces (F,) of a part that was looked for, what found it, how sure it is, and a sentence.

    alike: how many such places the object has, where no word tells which is meant.
    """

    faces: NDArray[np.bool_]
    how: How
    confidence: float
    reason: str
    alike: int = 1


def is_place(asset: ObjectAsset, faces: NDArray[np.bool_]) -> bool:
    """Whether these faces (F,) are a place for a fingertip at least."""
    return float(asset.mesh.face_areas[faces].sum()) >= SMALLEST_REGION


def look_for(
    asset: ObjectAsset,
    name: str,
    *,
    query: str | None = None,
    affordance: str | None = None,
    said: str = "",
    detector: TextDetector | None = None,
    encode: Encode | None = None,
) -> FoundPart:
    """Look for a part on an object whose parts have no names: in pictures, else by the segmenter.

    What the detector finds counts where it is large enough for a fingertip. query: what the
    segmenter is asked for, by default the name; "" where the affordance says it all. With an
    affordance it is one place that a hand goes to, the one that words of place in `said` mean if
    there are several; else all that is called so.
    """
    if detector is not None:
        views = observe_object(asset.mesh, asset.face_parts)
        seen = detect_region(detector, views, name, asset.face_parts, asset.mesh.face_areas)
        if is_place(asset, seen.faces):
            why = f"The detector found '{name}' in pictures from {len(views)} sides."
            return FoundPart(seen.faces, "detector", seen.confidence, why)
    asked = name if query is None else query
    region = find_region(asset.mesh, asked, affordance, encode=encode)
    voted = ", by a vote of convex pieces" if region.by_pieces else ""
    why = f"The part segmenter found '{name}' (confidence {region.confidence:.2f}{voted})."
    if not affordance:
        return FoundPart(region.chosen, "segmenter", region.confidence, why)
    place = choose_place(asset.mesh, region, name, said)
    if place.count > 1 and not place.is_ambiguous:
        why = f"{why} {place.explanation}"
    alike = place.count if place.is_ambiguous else 1
    return FoundPart(place.faces, "segmenter", region.confidence, why, alike)


def find_part(
    asset: ObjectAsset,
    name: str,
    *,
    detector: TextDetector | None = None,
    encode: Encode | None = None,
) -> FoundPart:
    """The part that somebody calls `name`.

    Raises InputError where an object with named parts has nothing of that meaning.
    """
    if asset.parts_provisional:
        return look_for(asset, name, detector=detector, encode=encode)
    match = match_name(name, asset.part_names, encode=_to_array(encode))
    if not match.names:
        raise _no_part(asset, name)
    rows = [asset.part_index(own) for own in match.names]
    return FoundPart(np.isin(asset.face_parts, rows), "name", match.score, match.reason)


def _no_part(asset: ObjectAsset, name: str) -> InputError:
    return InputError(
        f"The object has no part '{name}'.", f"Its parts are: {', '.join(asset.part_names)}."
    )


def _not_avoided(names: Sequence[str]) -> tuple[str, ...]:
    """What to tell where parts to avoid are nowhere to be found."""
    return tuple(f"No {name} was found on the object, so it is not avoided." for name in names)


def _several(name: str, count: int) -> str:
    return (
        f"The object has {count} places that may be its {name}; the likeliest is taken."
        f' Say which is meant, as in "the top {name}".'
    )


def _to_array(encode: Encode | None) -> EncodeToArray | None:
    return None if encode is None else lambda texts: encode(texts).double().numpy()
