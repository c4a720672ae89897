"""Everyday requests, as a measure of the lexicon as a whole.

Written for these tests by hand, objects and all; some were written after the lexicon, and a few
of those are not read as they should be. The share below says how many may fail.
"""

from __future__ import annotations

from handhold.language import LexiconReader

# sentence; parts of the object; affordance and part that a person would choose ("" for any)
REQUESTS = """
I'd love a cup of tea, could you do the honours? | body handle lid spout | handle-grip | handle
Lift the kettle off the stove | body handle lid spout | handle-grip | handle
Remove the lid of the kettle | body handle lid spout | twist | lid
Fill the glasses with the kettle | body handle lid spout | handle-grip | handle
Take a sip of coffee | body handle | handle-grip | handle
Warm your hands on the mug | body handle | wrap-around-grip | body
Have some coffee | body handle | handle-grip | handle
Let's chop the carrots | blade handle | handle-grip | handle
Pass me the knife safely, holding it by the blade | blade handle |  | blade
Dice an onion | blade handle | handle-grip | handle
Open the drawer | body drawer handle | handle-grip | handle
Close that drawer please | body drawer handle | handle-grip | handle
Trim the paper | blades handles | handle-grip | handles
cut along the dotted line | blades handles | handle-grip | handles
Pound the tent peg into the ground | head handle | handle-grip | handle
Knock the nail in | head handle | handle-grip | handle
Uncap the bottle | body cap | twist | cap
Take the cap off | body cap | twist | cap
Put the cap back on the bottle | body cap | twist | cap
Drink from the bottle | body cap | wrap-around-grip | body
Hand me the water bottle | body cap | wrap-around-grip | body
Make a toast with the wine glass | bowl stem base | wrap-around-grip | bowl
Hold the wine glass by its stem | bowl stem base |  | stem
Support the glass from underneath | bowl stem base | base-support | base
I want some jam, open this jar | body lid | twist | lid
Loosen the lid | body lid | twist | lid
Turn on the water | base spout handle | twist | handle
Shut off the tap | base spout handle | twist | handle
Dispense some lotion | body pump | press | pump
Get some hand soap | body pump | press | pump
Squirt soap on the sponge | body pump | press | pump
Type your password | base keys | press | keys
Hit the enter key | base keys | press | keys
Put the headphones on your head | band earcups | handle-grip | band
Wear the headset | band earcups | handle-grip | band
Screw the bulb into the lamp | bulb socket | twist | bulb
Replace the burnt out light bulb | bulb socket | twist | bulb
Mist the orchids | bottle trigger nozzle | trigger-squeeze | trigger
Spray some cleaner on the window | bottle trigger nozzle | trigger-squeeze | trigger
Carry the bag home | body handle | handle-grip | handle
Carry the laptop on one hand | base screen | base-support | base
Open the laptop | base screen |  | screen
Flip the pancake | pan handle | handle-grip | handle
Fry an egg | pan handle | handle-grip | handle
Let the dog in, the door is closed | door handle lock | handle-grip | handle
Unlock the door | door handle lock |  | 
Make a hole in the wall | body handle trigger chuck | trigger-squeeze | trigger
Start the drill | body handle trigger chuck | trigger-squeeze | trigger
Carry the drill to the shed | body handle trigger chuck | handle-grip | handle
Serve the salad | bowl | base-support | bowl
Balance the bowl on your open hand | bowl | base-support | bowl
Shoot at the target | barrel grip trigger | trigger-squeeze | trigger
Aim the pistol | barrel grip trigger | trigger-squeeze | trigger
Switch the channel | body buttons | press | buttons
Turn up the volume | body buttons | press | buttons
Swing the club | handle head tape | handle-grip | handle
Set the timer to five minutes | base knob | twist | knob
Turn down the heat | base knob | twist | knob
Adjust the volume | base knob | twist | knob
Show me where the spout is | body handle lid spout | point | spout
Point to the lid | body handle lid spout | point | lid
Touch the screen | base screen | point | screen
Press down on the lid | body lid | press | lid
Push the lid closed | body lid | press | lid
Keep the jar steady | body lid | wrap-around-grip | body
Throw the ball | ball | wrap-around-grip | ball
Squeeze the lemon | lemon | wrap-around-grip | lemon
Grab a bite of the apple | apple | wrap-around-grip | apple
Do not grab the body; lift it with the handle | body handle | handle-grip | handle
without touching the body, move the cup | body handle | handle-grip | handle
Water the flowers | body handle spout | handle-grip | handle
Brush your hair | bristles handle | handle-grip | handle
Brush your teeth | head handle | handle-grip | handle
Paint the fence | bristles handle | handle-grip | handle
Call the elevator | panel button | press | button
Turn the light off | plate switch | press | switch
Carry the tray with drinks | tray | base-support | tray
The soup is ready, bring it to the table | pot left_handle right_handle | handle-grip | left_handle
Honk the horn | wheel horn | press | horn
Which part is the blade? | blade handle | point | blade
The handle is hot so hold the mug somewhere else | body handle | wrap-around-grip | body
Someone is at the door, ring back | base button | press | button
Shave your beard | head handle | handle-grip | handle
It's raining, put the umbrella up | canopy handle | handle-grip | handle
Sweep the floor | bristles stick | handle-grip | stick
Switch the flashlight on | body switch | press | switch
Shine some light over here, take the flashlight | body switch | wrap-around-grip | body
Staple these sheets together | base arm | press | arm
The plants look dry, water them | body handle spout | handle-grip | handle
Tighten the screw | handle shaft | handle-grip | handle
Pour out the milk | body handle | handle-grip | handle
Put the vase on the shelf | body neck | wrap-around-grip | body
Crush the can | body | wrap-around-grip | body
Write your name | barrel tip | handle-grip | barrel
Take a picture | body lens button | press | button
Glue the two boards with the gun | body trigger nozzle | trigger-squeeze | trigger
Iron my shirt | handle base | handle-grip | handle
Toast the bread by pushing the lever down | body lever knob | press | lever
Set the toaster darker with the knob | body lever knob | twist | knob
Pull your luggage along | body handle wheels | handle-grip | handle
Stir the soup | bowl handle | handle-grip | handle
Bring the plate over, carefully from below | plate | base-support | plate
Present the cake to the guests | stand cake | base-support | stand
Lift the lantern so that we can see | body handle | handle-grip | handle
Open the medicine | body cap | twist | cap
Start the microwave | body door button | press | button
Open the microwave's door | body door button | handle-grip | 
Enter the combination | door dial handle | twist | dial
Shut the safe | door dial handle | handle-grip | handle
Please unscrew it | body cap | twist | cap
Give the bottle a good shake | body cap | wrap-around-grip | body
Squeeze the bottle | body cap | wrap-around-grip | body
I need both hands free, so let it rest on your palm | plate | base-support | plate
Grab the jug from its handle | body handle | handle-grip | handle
Hug the vase | body neck | wrap-around-grip | body
Use your index finger to indicate the lens | body lens button | point | lens
Hold the camera body firmly | body lens button | wrap-around-grip | body
Never touch the lens, hold the body | body lens button | wrap-around-grip | body
Spread the butter | blade handle | handle-grip | handle
Cut me a slice of cake | blade handle | handle-grip | handle
Turn the valve clockwise | body wheel | twist | wheel
Rinse the cup | body handle |  | 
Fire the nail gun | body handle trigger | trigger-squeeze | trigger
Pet the button | base button |  | button
Hit the buzzer | base button | press | button
Wipe the window with the spray | bottle trigger | trigger-squeeze | trigger
Ring the bell on the counter | base button | press | button
Hold the ice cream cone | cone scoop | wrap-around-grip | cone
Carry the pot by both handles | pot lid handles | handle-grip | handles
Drain the pasta | pot lid handles | handle-grip | handles
Take off the pot's lid | pot lid handles | twist | lid
Hammer away | head handle | handle-grip | handle
"""

LEAST_SHARE = 0.95


def requests() -> list[tuple[str, tuple[str, ...], str, str]]:
    rows = [[cell.strip() for cell in line.split("|")] for line in REQUESTS.strip().splitlines()]
    return [
        (text, tuple(parts.split()), affordance, part) for text, parts, affordance, part in rows
    ]


def test_nearly_all_everyday_requests_are_read_as_a_person_would() -> None:
    reader = LexiconReader()
    wrong = []
    for text, parts, affordance, part in requests():
        reading = reader.read(text, parts)
        if affordance not in ("", reading.affordance) or part not in ("", reading.part_name):
            wrong.append(f"{text}: {reading.affordance}, {reading.part_name}")
    assert len(wrong) <= (1 - LEAST_SHARE) * len(requests()), "\n".join(wrong)


def test_readings_with_a_large_margin_are_right_more_often() -> None:
    reader = LexiconReader()
    rows = [row for row in requests() if row[2]]
    readings = [(reader.read(text, parts), affordance) for text, parts, affordance, _ in rows]
    right = {True: [], False: []}  # type: dict[bool, list[bool]]
    for reading, affordance in readings:
        right[reading.confidence >= 0.3].append(reading.affordance == affordance)
    sure, unsure = (sum(right[is_sure]) / len(right[is_sure]) for is_sure in (True, False))
    assert sure >= unsure
