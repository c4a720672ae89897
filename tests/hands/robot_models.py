"""Small hands written for the tests, as MJCF and URDF."""

from __future__ import annotations

from pathlib import Path

# Three fingers on a palm that hangs from an arm: odd turns, anchors off the centre, two hinges on
# one body, bodies without joints, a coupling, a joint with an offset of its zero.
ODD_HAND = """
<mujoco model="odd">
  <compiler angle="radian"/>
  <worldbody>
    <geom type="plane" size="1 1 0.1"/>
    <body name="arm" pos="0.3 -0.2 0.5" quat="0.8 0.1 -0.5 0.3">
      <joint name="elbow" axis="1 2 0.5" range="-1 1" ref="0.4"/>
      <geom type="capsule" size="0.03 0.1"/>
      <body name="palm" pos="0.02 0.05 0.2" quat="0.3 0.7 0.2 -0.6">
        <joint name="wrist" axis="0 1 0.2" pos="0 0 -0.05" range="-1 1"/>
        <geom type="box" size="0.04 0.012 0.045" pos="0 0 0.01"/>
        <body name="mount" pos="0.03 0 0.06" quat="0.9 0 0.1 0.1">
          <geom type="box" size="0.008 0.008 0.008"/>
          <body name="index_a" pos="0.002 0 0.01" quat="0.99 0 0.02 0">
            <joint name="index_spread" axis="0.1 1 0" pos="0.004 0.002 -0.003" range="-0.3 0.3"/>
            <joint name="index_bend" axis="1 0.1 -0.2" pos="-0.003 0.004 0.002" range="0 1.5"/>
            <geom type="capsule" size="0.009 0.018" pos="0 0 0.02"/>
            <body name="index_b" pos="0 0.001 0.044" quat="0.98 0.05 0 0.1">
              <joint name="index_tip" axis="1 0 0" pos="0.001 0 0" range="0.1 1.6" ref="0.2"/>
              <geom type="capsule" size="0.008 0.012" pos="0 0 0.014"/>
              <body name="index_pad" pos="0 0 0.028" quat="0.7 0 0 0.7">
                <geom type="sphere" size="0.008"/>
              </body>
            </body>
          </body>
        </body>
        <body name="ring_a" pos="-0.03 0 0.06">
          <joint name="ring_bend" axis="1 0 0" range="0 1.5"/>
          <geom type="capsule" size="0.009 0.02" pos="0 0 0.02"/>
          <body name="ring_b" pos="0 0 0.045" quat="0.97 0.1 0 0">
            <joint name="ring_tip" axis="1 0 0.1" range="0 1.5"/>
            <geom type="ellipsoid" size="0.008 0.008 0.018" pos="0 0 0.014"/>
          </body>
        </body>
        <body name="thumb_a" pos="0.05 -0.01 0" quat="0.9 0 0.4 0.1">
          <joint name="thumb_bend" axis="0 -1 0.2" pos="0 0.002 0"/>
          <geom type="cylinder" size="0.011 0.02" pos="0 0 0.02"/>
        </body>
      </body>
    </body>
    <body name="ball" pos="0 0 1"><freejoint/><geom type="sphere" size="0.05"/></body>
  </worldbody>
  <equality>
    <joint joint1="ring_tip" joint2="ring_bend" polycoef="0 0.7 0 0 0"/>
  </equality>
</mujoco>
"""


def plain_hand(
    *,
    fingers: int = 5,
    mirrored: bool = False,
    names: tuple[str, ...] = ("ff", "mf", "rf", "lf", "th"),
    joint: str = 'range="0 1.5"',
    before: str = "",
    after: str = "",
) -> str:
    """A right hand, fingers along z, closing towards -y, of boxes and capsules."""
    side = -1 if mirrored else 1
    bodies = []
    for n, name in enumerate(names[:fingers]):
        thumb = name == names[-1] and fingers == len(names)
        place = f"{side * 0.045} -0.01 0.02" if thumb else f"{side * (0.03 - 0.02 * n)} 0 0.09"
        turn = f' euler="0 {side * 0.8} 0"' if thumb else ""
        axis = f"0 {-side} 0" if thumb else "1 0 0"
        bodies.append(
            f'<body name="{name}_a" pos="{place}"{turn}>'
            f'<joint name="{name}_1" axis="{axis}" {joint}/>'
            '<geom type="capsule" size="0.008 0.016" pos="0 0 0.018"/>'
            f'<body name="{name}_b" pos="0 0 0.04"><joint name="{name}_2" axis="{axis}" {joint}/>'
            '<geom type="capsule" size="0.007 0.012" pos="0 0 0.014"/></body></body>'
        )
    return (
        f'<mujoco model="plain"><compiler angle="radian"/>{before}<worldbody><body name="palm">'
        '<geom type="box" size="0.042 0.012 0.045" pos="0 0 0.04"/>'
        + "".join(bodies)
        + f"</body></worldbody>{after}</mujoco>"
    )


def plain_urdf(mesh: str = "package://my_hand/meshes/finger.obj", mimic: str = "") -> str:
    """Two fingers and a thumb by the places of their links; the fingers are meshes."""

    def link(name: str, shape: str) -> str:
        return (
            f'<link name="{name}"><visual><origin xyz="0 0 0.025"/><geometry>{shape}</geometry>'
            f"</visual></link>"
        )

    def hinge(name: str, parent: str, child: str, place: str, extra: str = "") -> str:
        return (
            f'<joint name="{name}" type="revolute"><parent link="{parent}"/><child link="{child}"/>'
            f'<origin xyz="{place}"/><axis xyz="1 0 0"/>'
            f'<limit lower="0" upper="1.4" effort="1" velocity="1"/>{extra}</joint>'
        )

    finger = f'<mesh filename="{mesh}"/>'
    palm = '<box size="0.09 0.03 0.03"/>'
    return (
        '<robot name="urdf_hand">'
        + link("base", palm)
        + "".join(link(f"link_{n}", finger) for n in range(5))
        + hinge("j0", "base", "link_0", "0.03 0 0.06")
        + hinge("j1", "link_0", "link_1", "0 0 0.05", mimic)
        + hinge("j2", "base", "link_2", "-0.03 0 0.06")
        + hinge("j3", "link_2", "link_3", "0 0 0.05")
        + hinge("j4", "base", "link_4", "0.06 -0.02 0")
        + "</robot>"
    )


def box_obj(half: tuple[float, float, float] = (0.008, 0.008, 0.024)) -> str:
    """A closed box as OBJ text."""
    x, y, z = half
    corners = [(i * x, j * y, k * z) for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)]
    quads = ["1 2 4 3", "5 7 8 6", "1 5 6 2", "3 4 8 7", "1 3 7 5", "2 6 8 4"]
    lines = [f"v {a} {b} {c}" for a, b, c in corners] + [f"f {q}" for q in quads]
    return "\n".join(lines) + "\n"


def written(folder: Path, text: str, name: str = "hand.xml") -> Path:
    """The text as a file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path
