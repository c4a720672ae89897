"""An instruction against an object's parts, by the lexicon: scores, and what they choose.

Offline and deterministic. The weights below are ours, set by hand from what the words mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from handhold.grasps import AFFORDANCES
from handhold.language.keeping import is_kept_free
from handhold.language.lexicon import STRENGTHS, Lexicon
from handhold.language.parts import OwnPart, read_parts
from handhold.language.sentence import Mention, Sentence
from handhold.language.understanding import OtherReading, Understanding
from handhold.language.words import split_name

REPEATED = 0.5  # each further pattern of one affordance counts half of the one before
OBJECT_LEAN = 0.8  # "kettle" leans towards its usual affordance
PART_LEAN = (1.8, 0.9, 0.4)  # a named part speaks for the affordances that want it, by tier
NEGATED_LEAN = 2.5  # a part to keep away from speaks against the affordance that wants it
STRONG_VERB = 0.5  # factor for a named part where a strong verb says what to do
GOVERNED, NAMED, IDLE = 1.2, 1.0, 0.2  # "by the lid"; "the lid"; the blade in "a sharp blade"
# The object has the very part an affordance wants; buttons and triggers serve nothing else.
USUAL_BONUS = 0.5
PRESENT_BONUS = {"press": 1.0, "trigger-squeeze": 1.0}
UNFIT = 0.45  # factor for an affordance whose part the object does not have
LEAST_SCORE = 0.5  # below, nothing was understood: a weak word for a part that is not there
UNKNOWN_FIT = 0.95  # where nothing is known of the parts: settles ties for the whole hand
NEEDS_ITS_PART = ("handle-grip", "twist", "trigger-squeeze", "press")
TIER_FIT = (3.0, 2.0, 1.0)  # how well a part suits an affordance, by tier
HEARD = {GOVERNED: 5.0, NAMED: 3.5, IDLE: 0.5}  # a part that was named, when choosing the part
MODIFIER_HEARD = 1.5
FULL_NAME_HEARD = 1.0  # "the buttons" of a button and buttons
WORKING_PENALTY = 1.5  # hands stay off blades and spouts
NEGATED_PENALTY = 10.0


@dataclass(frozen=True)
class _Evidence:
    """What speaks for one affordance, and where in the sentence it stands."""

    score: float
    positions: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class _PartChoice:
    name: str | None
    positions: tuple[tuple[int, ...], ...]
    why: str


PART_MARKS = (
    "heard",
    "only negated",
    "negated",
    "kept free",
    "modifier",
    "known",
    "working",
    "in full",
)


@dataclass(frozen=True, eq=False)
class LexiconScores:
    """What the lexicon makes of a sentence; A affordances in the order of AFFORDANCES, P parts.

    evidence: (A,) how much speaks for each affordance. best: index of the one chosen. fit: (A, P)
    how well a part suits an affordance here. chosen: (A, P) 1 at the part each affordance would
    get. marks: (P, len(PART_MARKS)) how a part is mentioned.
    """

    evidence: NDArray[np.float64]
    best: int
    fit: NDArray[np.float64]
    chosen: NDArray[np.float64]
    marks: NDArray[np.float64]


class Reading:
    """One instruction against one object's parts, and what the user stated."""

    def __init__(
        self,
        lexicon: Lexicon,
        text: str,
        part_names: Sequence[str],
        affordance: str | None,
        part: str | None,
    ) -> None:
        self.lexicon = lexicon
        self.text = text
        self.stated_affordance = affordance
        self.stated_part = part
        self.parts = read_parts(part_names, lexicon)
        own = frozenset(p.noun for p in self.parts if p.noun and p.known)
        own |= frozenset(p.noun for p in self.parts if p.noun and len(p.noun) > 2)
        self.sentence = Sentence(text, lexicon, own)
        self.actions = self.sentence.actions()
        heard = self.sentence.mentions()
        self.kept = frozenset(m for m in heard if is_kept_free(self.sentence, m))
        self.mentions = [replace(m, negated=m.negated or m in self.kept) for m in heard]

    def understanding(self) -> Understanding:
        evidence = self._all_evidence
        ranked = sorted(AFFORDANCES, key=lambda a: -evidence[a].score)
        heard = evidence[ranked[0]].score >= LEAST_SCORE
        affordance = self.stated_affordance or (ranked[0] if heard else self._default())
        choice = self._choose_part(affordance)
        deciding = () if self.stated_affordance else evidence[affordance].positions
        confidence = self._margin(ranked, evidence, heard)
        return Understanding(
            instruction=self.text,
            affordance=affordance,
            part_name=choice.name,
            words=self.sentence.texts_of([*deciding, *choice.positions]),
            explanation=f"{self._why(affordance, deciding)} {choice.why}",
            confidence=confidence,
            avoid=tuple(name for name in self.avoided() if name != choice.name),
            runner_up=self._runner_up(affordance, ranked, evidence, confidence),
        )

    def words_for(self, affordance: str | None, part_name: str | None) -> tuple[str, ...]:
        """Words that speak for this affordance and name this part, in the sentence's order."""
        groups = list(self._all_evidence[affordance].positions) if affordance else []
        for part in self.parts:
            if part.name == part_name:
                groups += self._positions_heard(part)
        return self.sentence.texts_of(groups)

    def scores(self) -> LexiconScores:
        """What the lexicon makes of every affordance and part, whatever was stated."""
        evidence = np.array([self._all_evidence[a].score for a in AFFORDANCES])
        reading = self.understanding()
        chosen = np.zeros((len(AFFORDANCES), len(self.parts)))
        for row, affordance in enumerate(AFFORDANCES):
            name = self._choose_part(affordance).name
            chosen[row] = [part.name == name for part in self.parts]
        columns = [self._part_marks(part) for part in self.parts]
        fits = [[self._part_score(a, part) for part in self.parts] for a in AFFORDANCES]
        marks = np.array(columns, dtype=float).reshape(len(self.parts), len(PART_MARKS))
        return LexiconScores(
            evidence=evidence,
            best=AFFORDANCES.index(reading.affordance),
            fit=np.array(fits, dtype=float).reshape(chosen.shape),
            chosen=chosen,
            marks=marks,
        )

    def avoided(self) -> tuple[str, ...]:
        """Names of parts that the sentence forbids, or keeps for another hand."""
        return tuple(part.name for part in self.parts if self._is_negated(part))

    def _part_marks(self, part: OwnPart) -> tuple[float, ...]:
        """One number for each of PART_MARKS."""
        mentions = self._mentions_of(part)
        return (
            self._heard(part) / HEARD[GOVERNED],
            float(self._is_negated(part)),
            float(any(m.negated for m in mentions)),
            float(any(m.positions == k.positions for m in mentions for k in self.kept)),
            float(bool(self._modifiers_heard(part))),
            float(part.known),
            float(part.noun in self.lexicon.working),
            float(part.name in self._named_in_full),
        )

    def _runner_up(
        self,
        affordance: str,
        ranked: Sequence[str],
        evidence: Mapping[str, _Evidence],
        confidence: float,
    ) -> OtherReading | None:
        """The affordance with the next best evidence, if any speaks for it."""
        if self.stated_affordance:
            return None
        best = evidence[affordance].score
        other = next(name for name in ranked if name != affordance)
        score = evidence[other].score
        if score < LEAST_SCORE:
            return None
        share = min(score / best, 1.0) if best > 0 else 1.0
        return OtherReading(other, self._choose_part(other).name, round(confidence * share, 3))

    # -- affordance ---------------------------------------------------------------------------

    @cached_property
    def _all_evidence(self) -> Mapping[str, _Evidence]:
        return {affordance: self._evidence(affordance) for affordance in AFFORDANCES}

    def _evidence(self, affordance: str) -> _Evidence:
        """Verbs, nouns and named parts, weighed by whether the object can be held so."""
        actions = self._action_leans(affordance)
        leans = sorted((lean for lean, _ in actions if lean > 0), reverse=True)
        score = sum(lean * REPEATED**k for k, lean in enumerate(leans))
        score += min((lean for lean, _ in actions if lean < 0), default=0.0)
        positions = [at for lean, at in actions if lean > 0]

        objects = self.sentence.objects(self.lexicon.objects[affordance])
        score += OBJECT_LEAN if objects else 0.0
        positions += objects

        named = [(self._mention_lean(affordance, m), m.positions) for m in self.mentions]
        score += max((lean for lean, _ in named if lean > 0), default=0.0)
        score += min((lean for lean, _ in named if lean < 0), default=0.0)
        positions += [at for lean, at in named if lean > 0]
        return _Evidence(self._weighed_by_fit(affordance, score), tuple(positions))

    def _action_leans(self, affordance: str) -> list[tuple[float, tuple[int, ...]]]:
        """(lean, positions) per pattern. "Don't X" speaks against X; "don't X the handle"
        speaks against the handle, and X itself may still be wanted."""
        part_negated = any(mention.negated for mention in self.mentions)
        leans: dict[tuple[int, ...], float] = {}
        for match in self.actions:
            if match.pattern.affordance != affordance:
                continue
            lean = match.pattern.lean
            if self.sentence.is_negated(match.positions):
                lean *= REPEATED if part_negated else -1.0
            leans[match.positions] = max(lean, leans.get(match.positions, lean))
        return [(lean, at) for at, lean in leans.items()]

    def _mention_lean(self, affordance: str, mention: Mention) -> float:
        tier = self._tier_of_noun(affordance, mention.noun)
        if tier is None:
            return 0.0
        if mention.negated:
            return -NEGATED_LEAN if tier == 0 else 0.0
        return PART_LEAN[tier] * self._loudness(mention) * (STRONG_VERB if self._is_plain else 1.0)

    @property
    def _is_plain(self) -> bool:
        """Whether a strong verb says what to do."""
        strong = (m for m in self.actions if m.pattern.lean == STRENGTHS["strong"])
        return any(not self.sentence.is_negated(match.positions) for match in strong)

    def _loudness(self, mention: Mention) -> float:
        """How clearly a mention sends the hand to the part."""
        if mention.governed and mention.noun not in self.lexicon.whole:
            return GOVERNED
        if mention.noun in self.lexicon.working or mention.noun in self.lexicon.whole:
            return IDLE
        return NAMED

    def _weighed_by_fit(self, affordance: str, score: float) -> float:
        if score <= 0:
            return score
        if not self._parts_are_telling:
            return score * (UNKNOWN_FIT if affordance in NEEDS_ITS_PART else 1.0)
        tiers = {self._tier(affordance, part) for part in self._available()}
        if affordance in NEEDS_ITS_PART and not tiers & {0, 1}:
            return score * UNFIT
        return score + (PRESENT_BONUS.get(affordance, USUAL_BONUS) if 0 in tiers else 0.0)

    @property
    def _parts_are_telling(self) -> bool:
        """Whether any part's name says what it is; `part_1` does not."""
        return any(part.known for part in self.parts)

    def _available(self) -> list[OwnPart]:
        """The parts a hand may go to: the stated one, those pointed out, else those allowed."""
        if self.stated_part:
            return [part for part in self.parts if part.name == self.stated_part]
        pointed = [p for p in self.parts if self._heard(p) == HEARD[GOVERNED]]
        allowed = [part for part in self.parts if not self._is_negated(part)]
        return pointed or allowed or list(self.parts)

    def _tier(self, affordance: str, part: OwnPart) -> int | None:
        return self._tier_of_noun(affordance, part.noun) if part.noun else None

    def _tier_of_noun(self, affordance: str, noun: str) -> int | None:
        return self.lexicon.tier(affordance, noun)

    def _default(self) -> str:
        """What a hand does with an object when nothing was understood."""
        if self._parts_are_telling:
            for affordance in ("handle-grip", "trigger-squeeze"):
                if any(self._tier(affordance, part) == 0 for part in self._available()):
                    return affordance
        return "wrap-around-grip"

    def _margin(
        self, ranked: Sequence[str], evidence: Mapping[str, _Evidence], heard: bool
    ) -> float:
        if self.stated_affordance:
            return 1.0
        best, second = (evidence[affordance].score for affordance in ranked[:2])
        if not heard or best <= 0:
            return 0.0
        return round(min((best - max(second, 0.0)) / best, 1.0), 3)

    def _why(self, affordance: str, positions: Sequence[tuple[int, ...]]) -> str:
        if self.stated_affordance:
            return f"The affordance {affordance} was given."
        if not positions:
            return f"No word of the instruction decides, so {affordance} is a guess."
        words = self.sentence.texts_of(positions)
        return f"{_quoted(words)} {'asks' if len(words) == 1 else 'ask'} for {affordance}."

    # -- part ---------------------------------------------------------------------------------

    def _choose_part(self, affordance: str) -> _PartChoice:
        if self.stated_part:
            return _PartChoice(self.stated_part, (), f"The part {self.stated_part} was given.")
        if len(self.parts) == 1:
            name = self.parts[0].name
            return _PartChoice(name, (), f"{name} is the only part.")
        scores = {part.name: self._part_score(affordance, part) for part in self.parts}
        best = max(self.parts, key=lambda part: scores[part.name], default=None)
        if best is None or scores[best.name] <= 0:
            return self._last_resort(affordance)
        heard = self._positions_heard(best)
        if heard:
            words = self.sentence.texts_of(heard)
            why = f"{_quoted(words)} {'names' if len(words) == 1 else 'name'} the part {best.name}."
            return _PartChoice(best.name, heard, why)
        rivals = [name for name, score in scores.items() if score == scores[best.name]]
        several = f" (the first of {', '.join(rivals)})" if len(rivals) > 1 else ""
        why = f"Its part is {best.name}{several}, by its name."
        return _PartChoice(best.name, (), why)

    def _part_score(self, affordance: str, part: OwnPart) -> float:
        tier = self._tier(affordance, part)
        heard = self._heard(part)
        if affordance == "point" and heard:
            heard = max(heard, HEARD[NAMED])  # one points at blades and spouts too
        score = (TIER_FIT[tier] if tier is not None else 0.0) + heard
        if score > 0 and self._modifiers_heard(part):
            score += MODIFIER_HEARD
        if score > 0 and part.name in self._named_in_full:
            score += FULL_NAME_HEARD
        if part.noun in self.lexicon.working and heard < HEARD[NAMED]:
            score -= WORKING_PENALTY
        return score - (NEGATED_PENALTY if self._is_negated(part) else 0.0)

    def _mentions_of(self, part: OwnPart) -> list[Mention]:
        return self._mentions_by_name[part.name]

    @cached_property
    def _mentions_by_name(self) -> Mapping[str, list[Mention]]:
        return {part.name: self._find_mentions(part) for part in self.parts}

    def _find_mentions(self, part: OwnPart) -> list[Mention]:
        """Mentions of this part; a synonym counts only where no part has the very noun."""
        own = {other.noun for other in self.parts}
        return [
            mention
            for mention in self.mentions
            if part.noun is not None
            and (
                mention.noun == part.noun
                or (mention.noun not in own and self.lexicon.same(mention.noun, part.noun))
            )
            and self._same_place(part, mention)
        ]

    @cached_property
    def _named_in_full(self) -> frozenset[str]:
        """Parts whose whole name is said, and not only within the longer name of another part."""
        said = [word.lower for word in self.sentence.words]
        found: dict[str, set[tuple[int, int]]] = {}
        for part in self.parts:
            own = [word.lower for word in split_name(part.name, self.lexicon.irregular)]
            own = [word for word in own if word.isalpha()]
            starts = [k for k in range(len(said)) if own and said[k : k + len(own)] == own]
            found[part.name] = {(k, k + len(own)) for k in starts}
        spans = set().union(*found.values())
        longest = {s for s in spans if not any(_covers(other, s) for other in spans)}
        return frozenset(name for name, own_spans in found.items() if own_spans & longest)

    def _same_place(self, part: OwnPart, mention: Mention) -> bool:
        """ "the top handle" is no mention of `bottom_handle`."""
        before = self.sentence.words[max(mention.positions[0] - 2, 0) : mention.positions[0]]
        heard = {base for word in before for base in word.bases}
        telling = {m for other in self.parts for m in other.modifiers} & heard
        return not telling or bool(telling & part.modifiers)

    def _heard(self, part: OwnPart) -> float:
        """How clearly the sentence sends the hand to this part."""
        loud = [HEARD[self._loudness(m)] for m in self._mentions_of(part) if not m.negated]
        return max(loud, default=0.0)

    def _is_negated(self, part: OwnPart) -> bool:
        mentions = self._mentions_of(part)
        return bool(mentions) and all(mention.negated for mention in mentions)

    def _modifiers_heard(self, part: OwnPart) -> list[tuple[int, ...]]:
        words = enumerate(self.sentence.words)
        return [(at,) for at, word in words if word.bases & part.modifiers]

    def _positions_heard(self, part: OwnPart) -> tuple[tuple[int, ...], ...]:
        named = [m.positions for m in self._mentions_of(part) if not m.negated]
        return tuple(sorted({*named, *self._modifiers_heard(part)}))

    def _last_resort(self, affordance: str) -> _PartChoice:
        """No part fits by name: the only one that is no blade or spout, else geometry decides."""
        names = ", ".join(part.name for part in self.parts)
        wanted = ", ".join(self.lexicon.part_tiers[affordance][0][:3])
        if self._parts_are_telling and affordance != "point":
            left = [
                part
                for part in self.parts
                if part.noun not in self.lexicon.working and not self._is_negated(part)
            ]
            if len(left) == 1:
                why = f"No part is called {wanted} or the like; {left[0].name} is what is left."
                return _PartChoice(left[0].name, (), why)
        why = f"No part is called {wanted} or the like (there are: {names or 'none'})"
        return _PartChoice(None, (), f"{why}, so the shape decides the part.")


def _covers(span: tuple[int, int], other: tuple[int, int]) -> bool:
    return span != other and span[0] <= other[0] and other[1] <= span[1]


def _quoted(words: Sequence[str]) -> str:
    quoted = [f'"{word}"' for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
