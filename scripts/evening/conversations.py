"""What is said in the evening: transcripts in the form that `transcript` describes."""

from collections.abc import Iterator

from scripts.evening.cast import ROOMS, members_of
from scripts.evening.transcript import Deed, Step

BEFORE_ANNA = """
#lighting
bob [cue]: Cue 12 is two seconds late. Fixed in sheet 4.
erin > cue: Seen it, the dimmer in hall B follows now.
bob + cue: 💡
heidi: anna, can you check hall C from the gallery?
#catering
carol: The bread is here, the cheese is not.
frank [cheese]: Cheese van stuck on the bridge 🧀
ivan + cheese: 😬
frank: Ten minutes, he says.
#signage
tomoko: 入口の矢印を貼りました。左側です。
yusuf: وضعت السهم عند المدخل
nadia: e\u0301te\u0301 or été? Both are on the poster.
#transport
dave [oops]: The code of the gate is 4711
dave - oops: not here
dave: Ask me for the code of the gate.
anna
priya: The mayor comes through the side entrance, alone.
samir: Is there a chair for my grandmother? 👵
"""

FIRST_TALK = """
#general
carol: Good evening, everybody. One hour to go!
bob [van]: The van with the last crate is at the loading dock.
dave > van: On my way, two minutes.
erin + van: 🚚
frank + van: 🚚
grace + van: 🎉
heidi [chairs]: anna: we are six chairs short in hall A. The rental sent 114 instead of 120, and the ones from \
the reading room are bolted to the floor, so I would need somebody with a car.
karim > chairs: There are eight in the workshop, I bring them.
heidi + chairs: 🙏
tomoko: 「出島の図」は展示室Cに掛けました。
yusuf: اللوحة معلقة في القاعة ج
marco: Flags for the terrace: 🇫🇷 🇯🇵 🇧🇷
nadia [wrong]: Doors open at 18:00!
nadia - wrong: wrong time
nadia: Doors open at 19:00, as printed.
oscar: 👩‍🚀 👨‍👩‍👧 👍🏽 ❤️ ☕ ✈️ and the word naïve, spelled nai\u0308ve
quentin: Is the trio tuning in hall B or in the foyer?
rosa: In the foyer. It sounds better there, and nobody has to carry the double bass upstairs.
"""

LATE_TALK = """
#general
samir: The queue reaches the corner of Dock Street.
ursula [count]: 87 guests inside.
viktor + count: 👏
#random
wendy: Who wants the last cinnamon roll?
xenia: 🙋
anna
priya: anna, the mayor is early.
"""

WHILE_AWAY = """
#general
samir: The lights went out for a second. Did the chat, too?
ursula: It did. Everything is still here.
viktor: Speeches in five minutes.
#security
bjorn: All exits are free.
chen: anna, hall C is closed until the vase is back.
#photos
dalia: First picture of the trio 📷 https://photos.example/opening/1
"""

AFTER_RESTART = """
#general
wendy: New certificates are in place, thank you for the pause.
zoe: The trio plays “La Mer” 🎻
"""

MOVES = """
#photos
dalia: Group picture, now!
carol joins
dave joins
frank joins
grace joins
carol leaves
"""

OBJECTS = "sextant,compass,chart,lantern,figurehead,logbook,anchor,barometer,telescope,bell".split(",")
MATERIALS = "brass,oak,linen,copper,walnut,ivory".split(",")


def inventory(count: int) -> list[str]:
    """Return lines of the inventory of the depot, all different."""
    return [
        f"{number:04d} {MATERIALS[number % 6]} {OBJECTS[number % 10]}, case {number % 17 + 1}, "
        f"shelf {'ABCDE'[number % 5]}"
        for number in range(1, count + 1)
    ]


def small_talk(lines_per_room: int) -> Iterator[Step]:
    """Yield short messages in every room, so that each one has something to read."""
    remarks = (
        "Ready here.",
        "Who has the key of the cupboard?",
        "On the table by the door.",
        "Thanks! 👍",
        "Back in five minutes.",
        "The label of case 7 says 1687, the catalogue 1678.",
        "The catalogue is right.",
    )
    for number in range(lines_per_room):
        for place, room in enumerate(ROOMS):
            members = members_of(room)
            who = members[(number * 3 + place) % len(members)]
            yield Step(Deed.SAY, room, who, remarks[(number + place) % len(remarks)])
