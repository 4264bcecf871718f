"""What people write beside a score: a few made sentences by language, by how they liked it, and by what it is about."""

from collections.abc import Mapping
from typing import Final

LOW, MIDDLE, HIGH = "low", "middle", "high"
TOPICS: Final[Mapping[str, tuple[str, ...]]] = {
    LOW: ("delivery", "quality", "price"),
    MIDDLE: ("delivery", "quality", "price"),
    HIGH: ("delivery", "quality", "choice"),
}
"""What words with such a score are about. Of low scores the delivery comes first: how often, the model says."""
HELP: Final = "help"

Words = Mapping[str, Mapping[str, tuple[str, ...]]]


def phrases(language: str, liked: str, topic: str) -> tuple[str, ...]:
    """In English, where nobody has written any in the language."""
    return WORDS.get(language[:2], WORDS["en"])[liked][topic]


WORDS: Final[Mapping[str, Words]] = {
    "nl": {
        LOW: {
            "delivery": ("Pakket kwam vier dagen te laat.", "Bezorger belde niet aan, moest het zelf ophalen."),
            "quality": ("Na één keer wassen al gekrompen.", "De kleur is heel anders dan op de foto."),
            "price": ("Te duur voor wat het is.", "Een week later in de uitverkoop, jammer."),
            HELP: ("Drie keer moeten bellen voor een antwoord.", "Kreeg steeds hetzelfde standaardmailtje."),
        },
        MIDDLE: {
            "delivery": ("Bezorging duurde wat lang, verder prima.", "Doos was beschadigd, inhoud gelukkig niet."),
            "quality": ("Mooi, maar valt wat klein.", "Stof is dunner dan verwacht."),
            "price": ("Netjes, verzendkosten vind ik hoog.", "Prijs is aan de stevige kant."),
            HELP: ("Uiteindelijk opgelost.", "Duurde even, maar vriendelijk."),
        },
        HIGH: {
            "delivery": ("Volgende dag al in huis!", "Snel en netjes bezorgd."),
            "quality": ("Prachtige kwaliteit.", "Zit heerlijk, precies mijn maat."),
            "choice": ("Leuke collectie, altijd iets te vinden.", "Fijn dat er ook zoveel voor in huis is."),
            HELP: ("Meteen geholpen, top.", "Heel vriendelijk en binnen vijf minuten geregeld."),
        },
    },
    "de": {
        LOW: {
            "delivery": ("Das Paket kam vier Tage zu spät.", "Beim Nachbarn abgegeben, ohne Nachricht."),
            "quality": ("Nach einmal Waschen eingelaufen.", "Die Farbe ist ganz anders als auf dem Foto."),
            "price": ("Zu teuer für das, was es ist.", "Eine Woche später war es im Angebot."),
            HELP: ("Ich musste dreimal anrufen.", "Immer nur dieselbe Standardantwort."),
        },
        MIDDLE: {
            "delivery": ("Lieferung hat etwas gedauert, sonst gut.", "Karton beschädigt, Inhalt zum Glück nicht."),
            "quality": ("Schön, fällt aber klein aus.", "Stoff dünner als gedacht."),
            "price": ("Gut, aber die Versandkosten sind hoch.", "Preislich an der Grenze."),
            HELP: ("Am Ende wurde es gelöst.", "Hat gedauert, war aber freundlich."),
        },
        HIGH: {
            "delivery": ("Schon am nächsten Tag da!", "Schnell und ordentlich geliefert."),
            "quality": ("Sehr schöne Qualität.", "Sitzt perfekt."),
            "choice": ("Tolle Auswahl, man findet immer etwas.", "Schön, dass es auch so viel für die Wohnung gibt."),
            HELP: ("Sofort geholfen, danke.", "In fünf Minuten erledigt, sehr nett."),
        },
    },
    "fr": {
        LOW: {
            "delivery": ("Colis arrivé avec quatre jours de retard.", "Le livreur n'a pas sonné."),
            "quality": ("A rétréci au premier lavage.", "La couleur n'a rien à voir avec la photo."),
            "price": ("Trop cher pour ce que c'est.", "En promotion une semaine après, dommage."),
            HELP: ("J'ai dû appeler trois fois.", "Toujours la même réponse toute faite."),
        },
        MIDDLE: {
            "delivery": ("Livraison un peu longue, sinon bien.", "Carton abîmé, heureusement pas le contenu."),
            "quality": ("Joli, mais taille petit.", "Tissu plus fin que prévu."),
            "price": ("Bien, mais les frais de port sont élevés.", "Un peu cher tout de même."),
            HELP: ("Résolu finalement.", "Un peu long, mais aimable."),
        },
        HIGH: {
            "delivery": ("Reçu dès le lendemain !", "Livraison rapide et soignée."),
            "quality": ("Très belle qualité.", "Me va parfaitement."),
            "choice": ("Belle collection, on trouve toujours.", "Beaucoup de choix pour la maison aussi."),
            HELP: ("Aidée tout de suite, merci.", "Réglé en cinq minutes, très gentil."),
        },
    },
    "en": {
        LOW: {
            "delivery": ("The parcel came four days late.", "Left outside in the rain, nobody rang."),
            "quality": ("Shrank in the first wash.", "The colour is nothing like the photograph."),
            "price": ("Too dear for what it is.", "In the sale a week later, a pity."),
            HELP: ("I had to call three times.", "The same stock answer every time."),
        },
        MIDDLE: {
            "delivery": ("Delivery took a while, fine otherwise.", "Box was damaged, luckily not what was in it."),
            "quality": ("Nice, but runs small.", "The cloth is thinner than I thought."),
            "price": ("Good, though postage is high.", "A little on the expensive side."),
            HELP: ("Solved in the end.", "Took a while, but friendly."),
        },
        HIGH: {
            "delivery": ("Here the very next day!", "Quick and tidy delivery."),
            "quality": ("Lovely quality.", "Fits perfectly."),
            "choice": ("I always find something here.", "So much for the house as well, lovely."),
            HELP: ("Helped at once, thank you.", "Sorted in five minutes, very kind."),
        },
    },
}
