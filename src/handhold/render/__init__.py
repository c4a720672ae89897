"""Pictures and reports, drawn by ray casting on the CPU: no GL, no display."""

from __future__ import annotations

from handhold.render.batch_picture import batch_picture
from handhold.render.camera import Camera
from handhold.render.film import (
    FilmScene,
    checked_film,
    film_frames,
    write_film,
)
from handhold.render.observation import observe_object
from handhold.render.overview import (
    GraspPicture,
    OverviewData,
    OverviewTiles,
    PriorPicture,
    overview_picture,
    overview_tiles,
)
from handhold.render.palette import heat, part_colors
from handhold.render.parts_picture import parts_picture
from handhold.render.parts_view import parts_view
from handhold.render.png import write_png
from handhold.render.raycast import Buffers, RayScene, render_buffers
from handhold.render.region_picture import region_picture
from handhold.render.report import (
    DecidingWord,
    Fact,
    GraspRow,
    ReportData,
    Timing,
    report_html,
    write_report,
)
from handhold.render.shaded_mesh import ShadedMesh
from handhold.render.shading import render, render_scene
from handhold.render.sheet import SheetGrasp, grasp_sheet
from handhold.render.strip import GraspSteps, Step, grasp_strip, labelled_strip
from handhold.render.viewpoints import View, grasp_views, part_views

__all__ = [
    "Buffers",
    "Camera",
    "DecidingWord",
    "Fact",
    "FilmScene",
    "GraspPicture",
    "GraspRow",
    "GraspSteps",
    "OverviewData",
    "OverviewTiles",
    "PriorPicture",
    "RayScene",
    "ReportData",
    "ShadedMesh",
    "SheetGrasp",
    "Step",
    "Timing",
    "View",
    "batch_picture",
    "checked_film",
    "film_frames",
    "grasp_sheet",
    "grasp_strip",
    "grasp_views",
    "heat",
    "labelled_strip",
    "observe_object",
    "overview_picture",
    "overview_tiles",
    "part_colors",
    "part_views",
    "parts_picture",
    "parts_view",
    "region_picture",
    "render",
    "render_buffers",
    "render_scene",
    "report_html",
    "write_film",
    "write_png",
    "write_report",
]
