"""What a language model's answers cost, where the user says what a token does."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass

from handhold.errors import InputError

PRICE_IN_VARIABLE = "HANDHOLD_LLM_PRICE_IN"
PRICE_OUT_VARIABLE = "HANDHOLD_LLM_PRICE_OUT"
_MILLION = 1e6


@dataclass(frozen=True)
class Prices:
    """Prices of a million tokens that are sent, and of a million that come back.

    The currency is the user's; it is never named.
    """

    sent: float
    received: float

    @classmethod
    def from_environment(cls) -> Prices | None:
        """What HANDHOLD_LLM_PRICE_IN and HANDHOLD_LLM_PRICE_OUT say; None if neither is set.

        One that is not set counts as 0. Raises InputError for what is no price.
        """
        stated = [os.environ.get(v, "").strip() for v in (PRICE_IN_VARIABLE, PRICE_OUT_VARIABLE)]
        if not any(stated):
            return None
        return cls(_price(stated[0], PRICE_IN_VARIABLE), _price(stated[1], PRICE_OUT_VARIABLE))

    def cost(self, usage: object) -> float | None:
        """The price of one answer from the protocol's `usage`; None where that counts nothing."""
        counts = usage if isinstance(usage, Mapping) else {}
        sent, received = counts.get("prompt_tokens"), counts.get("completion_tokens")
        if not (isinstance(sent, int) and isinstance(received, int)):
            return None
        return (sent * self.sent + received * self.received) / _MILLION


def _price(stated: str, variable: str) -> float:
    try:
        price = float(stated or 0.0)
    except ValueError:
        price = math.nan
    if not 0 <= price < math.inf:
        raise InputError(
            f"{variable} is '{stated}', which is no price.",
            "Give the price of a million tokens as a number, such as 2.50, or unset it.",
        )
    return price
