"""A picture of grasps that were saved, without the run that made them."""

from __future__ import annotations

from PIL import Image

from handhold.grasps import GraspBatch, hand_vertices
from handhold.hands import load_hand
from handhold.objects import ObjectAsset
from handhold.render.overview import GraspPicture, OverviewData, overview_picture


def batch_picture(batch: GraspBatch, asset: ObjectAsset, *, limit: int = 4) -> Image.Image:
    """The first `limit` grasps of a batch on its object, from two views each.

    asset: the object that the batch was made for, loaded again. An unknown part is not coloured.
    """
    hand = load_hand(batch.hand)
    part = batch.part[0] if len(batch) else ""
    known = part in asset.part_names
    contact = asset.face_parts == (asset.part_index(part) if known else -1)
    skins = hand_vertices(batch.select(range(min(limit, len(batch)))), hand)
    grasps = tuple(
        GraspPicture(skin, f"{row + 1}  {batch.affordance[row]}", (), bool(batch.acceptable[row]))
        for row, skin in enumerate(skins)
    )
    data = OverviewData(
        instruction=batch.instruction,
        summary=f"{len(batch)} grasps of {batch.object_name}",
        object_mesh=asset.mesh,
        contact_faces=contact,
        hand_faces=hand.faces.numpy(),
        object_caption=(asset.name,),
        grasps=grasps,
    )
    return overview_picture(data, limit=limit)
