"""`handhold data instructions`: the sentences of a data set."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from handhold.cli import console, options
from handhold.cli.data_look import DataArgument


def instructions(
    data: DataArgument,
    write: Annotated[
        bool,
        typer.Option(
            "--write",
            help="Make them anew and write them: by a configured language model, else ours.",
        ),
    ] = False,
    category: options.CategoryOption = None,
    affordance: options.AffordanceOption = None,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """The different sentences for each category, affordance and part.

    A language model is any server that speaks the OpenAI protocol: HANDHOLD_LLM_URL,
    HANDHOLD_LLM_MODEL and HANDHOLD_LLM_KEY. Without these nothing touches the network.
    """
    from handhold.datasets.store import GraspStore
    from handhold.synthesis.texts import rewrite_instructions, sentences

    store = GraspStore(data)
    if write:
        with console.stage_progress(quiet=quiet or json) as tell:
            made = rewrite_instructions(store, on_progress=tell)
        sources = Counter(one.source for one in made.values())
        words = ", ".join(f"{count} by {source}" for source, count in sources.items())
        if not quiet and not json:
            console.results().print(f"{len(made)} uses written: {words}", markup=False)
        store = GraspStore(data)
    found = {
        use: texts
        for use, texts in sentences(store).items()
        if use.category in (category or [use.category])
        and use.affordance in (affordance or [use.affordance])
    }
    if json:
        rows = [
            {
                "category": use.category,
                "affordance": use.affordance,
                "part": use.part,
                "instructions": list(texts),
            }
            for use, texts in found.items()
        ]
        console.print_json({"format": "handhold-instructions", "version": 1, "uses": rows})
        return
    for use, texts in found.items():
        console.results().print(
            f"{use.category}, {use.affordance}, {use.part or '(no part)'}: {len(texts)}",
            markup=False,
        )
        for text in () if quiet else texts:
            console.results().print(f"    {text}", markup=False)
