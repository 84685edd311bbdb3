"""CREMA-D: names, the odd one out, and the votes of listeners."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from emotrace.errors import CorpusError
from emotrace.learn.corpora import crema_d, scan
from emotrace.learn.corpora._crema_d_votes import read_votes

_CLIP = "AudioWAV/1040_ITH_SAD_X.wav"
_ANGRY = "AudioWAV/1002_IEO_ANG_LO.wav"
_VOTES = "clip,A,D,F,H,N,S,n\n1040_ITH_SAD_XX,0,0,2,0,5,3,10\n1002_IEO_ANG_LO,7,2,1,0,0,0,10\n"
# As upstream has it: rows 1xxxxx were heard, 2xxxxx seen, 3xxxxx both.
_TABULATED = (
    '"","A","D","F","H","N","S","fileName","numResponses"\n'
    '"103234",0,0,2,0,5,3,"1040_ITH_SAD_XX",10\n'
    '"203234",9,9,9,9,9,9,"1040_ITH_SAD_XX",54\n'
    '"303234",8,8,8,8,8,8,"1040_ITH_SAD_XX",48\n'
)
_SAD_VOTES = {"anger": 0, "disgust": 0, "fear": 2, "happiness": 0, "neutral": 5, "sadness": 3}


def test_all_fields_are_read() -> None:
    utterance = crema_d.parse("AudioWAV/1091_WSI_FEA_HI.wav")
    assert (utterance.emotion, utterance.source_label) == ("fear", "FEA")
    assert (utterance.speaker, utterance.sex) == ("crema-d:1091", "female")
    assert (utterance.sentence, utterance.text) == ("WSI", "We'll stop in a couple of minutes")
    assert utterance.intensity == "high"
    levels = [crema_d.parse(f"1001_IEO_HAP_{level}.wav").intensity for level in ("LO", "MD", "XX", "X")]
    assert levels == ["low", "medium", "unspecified", "unspecified"]


def test_actors_and_sexes() -> None:
    sexes = list(crema_d.CORPUS.speakers.values())
    assert (sexes.count("female"), sexes.count("male")) == (43, 48)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("1092_IEO_ANG_LO.wav", "CREMA-D has no speaker '1092'"),
        ("1001_XYZ_ANG_LO.wav", "unknown sentence 'XYZ'; known: IEO, TIE"),
        ("1001_IEO_SUR_LO.wav", "unknown emotion 'SUR' in the name; .*ANG"),
        ("1001_IEO_ANG_VH.wav", "not a file name of CREMA-D"),
    ],
)
def test_wrong_names_are_refused(name: str, reason: str) -> None:
    with pytest.raises(CorpusError, match=reason):
        crema_d.parse(name)


@pytest.mark.parametrize(
    ("table", "content"),
    [
        ("meta/voice_votes.csv", _VOTES),
        ("AudioWAV/Voice_Votes.csv", _VOTES),
        ("processedResults/tabulatedVotes.csv", _TABULATED),
    ],
)
def test_votes_are_found_wherever_the_scan_begins(touch: Callable[..., Path], table: str, content: str) -> None:
    root = touch(_CLIP, table)
    (root / table).write_text(content, encoding="utf-8")
    for start in (root.parent, root, root / "AudioWAV"):
        (clip,) = scan("crema-d", start).utterances
        assert clip.votes == _SAD_VOTES


def test_clips_without_votes_have_none(touch: Callable[..., Path]) -> None:
    root = touch(_CLIP, _ANGRY)
    assert [clip.votes for clip in scan("crema-d", root).utterances] == [None, None]
    touch("meta/tabulatedVotes.csv").joinpath("meta/tabulatedVotes.csv").write_text(_TABULATED)
    assert [clip.votes for clip in scan("crema-d", root).utterances] == [None, _SAD_VOTES]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("clip,A,D,F,H,N\n", "no column S; votes are left out"),
        (_VOTES.replace("5,3,10", "5,many,10"), "line 2: a vote is not a whole number; votes are left out"),
        (_VOTES + "1001_IEO_ANG_LO\n", "line 4: a vote is not a whole number"),
        (_TABULATED.replace('"103234"', '"203233"'), "no rows of listeners who only heard the voice; votes are"),
        ("clip,A,D,F,H,N,S\n1002_IEO_ANG_LO,1,2,3,\udcff,5,6\n", "not UTF-8; votes are left out"),
    ],
)
def test_damaged_votes_are_reported(touch: Callable[..., Path], content: str, reason: str) -> None:
    root = touch(_CLIP, "meta/voice_votes.csv")
    (root / "meta/voice_votes.csv").write_text(content, encoding="utf-8", errors="surrogateescape")
    result = scan("crema-d", root)
    assert [clip.votes for clip in result.utterances] == [None]
    (problem,) = result.problems
    assert problem.file == str(root / "meta/voice_votes.csv")
    assert problem.reason.startswith(reason)


@pytest.mark.corpora
def test_real_votes_agree_with_the_published_rate(real_corpora: Path) -> None:
    if not (real_corpora / "crema-d").is_dir():
        pytest.skip("no crema-d here")
    voted = [u for u in scan("crema-d", real_corpora / "crema-d").utterances if u.votes]
    hits = sum((u.votes or {})[u.emotion] for u in voted)
    total = sum(sum((u.votes or {}).values()) for u in voted)
    # Cao et al. 2014: listeners recognise 40.9 % from the voice alone.
    assert hits / total == pytest.approx(0.409, abs=0.02)


@pytest.mark.corpora
def test_both_real_tables_say_the_same(real_corpora: Path) -> None:
    meta = real_corpora / "crema-d" / "meta"
    if not (meta / "tabulatedVotes.csv").is_file() or not (meta / "voice_votes.csv").is_file():
        pytest.skip("no tables of votes here")
    tabulated = read_votes(meta / "tabulatedVotes.csv")
    assert tabulated == read_votes(meta / "voice_votes.csv")
    assert len(tabulated) == 7442
