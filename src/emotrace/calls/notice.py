"""The text that tells callers, in plain words, that their voice is analysed for emotion.

Article 50(3) of the EU AI Act asks whoever uses emotion recognition to inform those who are exposed to it;
Articles 13 and 21 of the GDPR ask for the purpose and for a way to object. It is a draft for whoever is
responsible, no legal advice.
"""

from __future__ import annotations

from dataclasses import dataclass

from emotrace.errors import UnknownNameError, UsageError

NOTHING = "nothing"
"""What ``kept`` is where neither the recording nor the result is kept."""

MOST_CHARACTERS = 200
"""Longest name, contact or time that is put into the text."""


@dataclass(frozen=True, slots=True)
class _Wording:
    """One language; braces stand for what the user fills in."""

    welcome: str
    heard: str
    purpose: str
    not_kept: str
    kept: str
    object_here: str
    object_there: str
    source: str


_WORDINGS = {
    "en": _Wording(
        welcome="Welcome to {company}.",
        heard="Software listens to how your voice sounds in this call and estimates emotion from it, such "
        "as anger or worry. This is an AI system for emotion recognition.",
        purpose="We use it to notice early when a call goes badly, and to help you better. It decides "
        "nothing about you, and does not identify you.",
        not_kept="Neither your voice nor the result is stored.",
        kept="The recording and the result are deleted after {kept}.",
        object_here="You may object at any time, without any disadvantage: just tell us now.",
        object_there="You may object at any time, without any disadvantage: tell us now, or write to {contact}.",
        source="(Information under Article 50(3) of Regulation (EU) 2024/1689)",
    ),
    "de": _Wording(
        welcome="Willkommen bei {company}.",
        heard="In diesem Gespräch hört eine Software auf den Klang Ihrer Stimme und schätzt daraus "
        "Gefühle wie Ärger oder Sorge. Das ist ein KI-System zur Emotionserkennung.",
        purpose="Wir nutzen es, um früh zu merken, wenn ein Gespräch schlecht läuft, und Ihnen besser zu "
        "helfen. Es entscheidet nichts über Sie und stellt nicht fest, wer Sie sind.",
        not_kept="Weder Ihre Stimme noch das Ergebnis wird gespeichert.",
        kept="Aufnahme und Ergebnis werden aufbewahrt und dann gelöscht (Frist: {kept}).",
        object_here="Sie können dem jederzeit widersprechen, ohne Nachteile: Sagen Sie es uns einfach jetzt.",
        object_there="Sie können dem jederzeit widersprechen, ohne Nachteile: Sagen Sie es uns jetzt, oder "
        "schreiben Sie an {contact}.",
        source="(Information nach Artikel 50 Absatz 3 der Verordnung (EU) 2024/1689)",
    ),
    "fr": _Wording(
        welcome="Bienvenue chez {company}.",
        heard="Pendant cet appel, un logiciel écoute le son de votre voix et en déduit une estimation "
        "d'émotions, comme la colère ou l'inquiétude. C'est un système d'IA de reconnaissance des "
        "émotions.",
        purpose="Nous l'utilisons pour remarquer tôt qu'un appel se passe mal et pour mieux vous aider. Il "
        "ne décide rien à votre sujet et ne vous identifie pas.",
        not_kept="Ni votre voix ni le résultat ne sont conservés.",
        kept="L'enregistrement et le résultat sont effacés après {kept}.",
        object_here="Vous pouvez vous y opposer à tout moment, sans aucun inconvénient : dites-le-nous "
        "maintenant.",
        object_there="Vous pouvez vous y opposer à tout moment, sans aucun inconvénient : dites-le-nous "
        "maintenant, ou écrivez à {contact}.",
        source="(Information au titre de l'article 50, paragraphe 3, du règlement (UE) 2024/1689)",
    ),
    "es": _Wording(
        welcome="Le damos la bienvenida a {company}.",
        heard="En esta llamada, un programa escucha cómo suena su voz y estima a partir de ella emociones "
        "como el enfado o la preocupación. Es un sistema de IA de reconocimiento de emociones.",
        purpose="Lo usamos para notar pronto que una llamada va mal y ayudarle mejor. No decide nada sobre "
        "usted ni le identifica.",
        not_kept="No se guardan ni su voz ni el resultado.",
        kept="La grabación y el resultado se borran al cabo de {kept}.",
        object_here="Puede oponerse en cualquier momento y sin ninguna desventaja: díganoslo ahora.",
        object_there="Puede oponerse en cualquier momento y sin ninguna desventaja: díganoslo ahora o escriba a "
        "{contact}.",
        source="(Información según el artículo 50, apartado 3, del Reglamento (UE) 2024/1689)",
    ),
}

LANGUAGES: tuple[str, ...] = tuple(_WORDINGS)
"""ISO 639-1 codes of the languages there are."""


def write_notice(
    language: str = "en", company: str | None = None, contact: str | None = None, kept: str | None = None
) -> str:
    """Give the text for callers: what is done, by what, why, what is kept, and how to object.

    Parameters
    ----------
    language
        One of `LANGUAGES`; a region, as in ``de-AT``, is passed over.
    company
        Whom the caller has called.
    contact
        Where one may object by writing.
    kept
        For how long the recording and the result are kept, in words of that language, such as ``30 days``;
        ``nothing`` if nothing is. None leaves the sentence out: law asks for it, but only the caller knows.

    Raises
    ------
    UnknownNameError
        If there is no such language.
    UsageError
        If what is to be filled in is empty, too long or not printable.

    >>> print(write_notice(company="Example Ltd").splitlines()[0])
    Welcome to Example Ltd.
    """
    code = language.strip().lower().replace("_", "-").split("-")[0]
    if code not in _WORDINGS:
        raise UnknownNameError("language of the notice", language, LANGUAGES)
    wording = _WORDINGS[code]
    company, contact, kept = (
        _checked(n, t) for n, t in (("company", company), ("contact", contact), ("kept", kept))
    )
    lines = [
        wording.welcome.replace("{company}", company) if company else None,
        wording.heard,
        wording.purpose,
        _storage(wording, kept),
        wording.object_there.replace("{contact}", contact) if contact else wording.object_here,
        wording.source,
    ]
    return "\n".join(line for line in lines if line)


def _storage(wording: _Wording, kept: str | None) -> str | None:
    if kept is None:
        return None
    return wording.not_kept if kept == NOTHING else wording.kept.replace("{kept}", kept)


def _checked(name: str, text: str | None) -> str | None:
    if text is None:
        return None
    line = " ".join(text.split())
    if not line or len(line) > MOST_CHARACTERS or not line.isprintable():
        raise UsageError(f"--{name} must be one line of 1 to {MOST_CHARACTERS} printable characters")
    return line
