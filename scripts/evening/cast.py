"""The people and the rooms of the evening. anna, whose screen is watched, is in every room."""

ANNA = "anna"
GENERAL = "#general"
PEOPLE = (
    "bob carol dave erin frank grace heidi ivan judy karim lena marco nadia oscar priya quentin rosa "
    "samir tomoko ursula viktor wendy xenia yusuf zoe amara bjorn chen dalia"
).split()
TOPICS = {
    GENERAL: "Opening night of “Beyond the Harbour”: doors at 19:00",
    "#exhibition": "Hall A: ships · Hall B: maps · Hall C: 海図 and 航海",
    "#lighting": "Cue sheet 4 is final 💡",
    "#sound": "Speeches 19:30, trio 20:15",
    "#catering": "120 guests, 14 vegetarian, 3 vegan 🥗",
    "#press": "Photos before 19:15 only",
    "#tickets": "Sold out; the waiting list is closed",
    "#volunteers": "Meet at the side entrance, 17:45",
    "#signage": "Arrows in English, 日本語 and العربية",
    "#transport": "Loading dock free until 18:30",
    "#archive": "Inventory of the depot, one line per object",
    "#conservation": "50 % humidity, 18 °C, no flash",
    "#shop": "Catalogues in two boxes behind the counter",
    "#website": "Live from the opening at 19:30",
    "#translations": "Audio guide: naïve café, Ångström, Gdańsk, façade",
    "#security": "Two at the door, one per hall",
    "#schools": "First class on Monday, 9:00",
    "#budget": "Invoices to dalia",
    "#photos": "One good one each, please 📷",
    "#random": "Anything but work",
}
ROOMS = tuple(TOPICS)


REGULARS = {
    "#lighting": "bob erin heidi",
    "#catering": "carol frank ivan",
    "#signage": "tomoko yusuf nadia",
    "#transport": "dave bob",
    "#archive": "oscar",
    "#security": "bjorn chen",
    "#photos": "dalia",
    "#random": "wendy xenia",
}


def members_of(room: str) -> list[str]:
    """Return who is in a room, its founder first; everybody is in the first room."""
    if room == GENERAL:
        return PEOPLE
    start = ROOMS.index(room)
    regulars = REGULARS.get(room, "").split()
    others = [nick for number, nick in enumerate(PEOPLE) if (number + start) % 3 == 0]
    return list(dict.fromkeys([*regulars, *others]))
