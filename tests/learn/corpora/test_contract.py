"""What every corpus must keep, whichever it is: a new file in the folder is tested unasked."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from emotrace import registry
from emotrace.errors import CorpusError
from emotrace.labels import EMOTIONS, canonical
from emotrace.learn.corpora import Corpus, scan


@pytest.fixture(params=registry.names("corpus"))
def module(request: pytest.FixtureRequest) -> ModuleType:
    return registry.load("corpus", request.param)


def _examples(corpus: Corpus) -> list[str]:
    return corpus.example.split(" or ")


def test_the_seven_corpora_are_found() -> None:
    assert {"crema-d", "emo-db", "emov-db", "ravdess", "ravdess-song", "savee", "tess"} <= set(
        registry.names("corpus")
    )


def test_facts_are_complete(module: ModuleType) -> None:
    corpus = module.CORPUS
    assert registry.load("corpus", corpus.name) is module
    for fact in ("title", "licence", "citation", "notes"):
        assert getattr(corpus, fact), fact
    assert corpus.url.startswith("http")
    assert corpus.licence_url.startswith("http")
    assert all(re.fullmatch("[a-z]{2}", language) for language in corpus.languages)
    assert set(corpus.speakers.values()) <= {"female", "male"}
    assert all(re.fullmatch(r"[a-z-]+:\w+", speaker) for speaker in corpus.speakers)
    assert set(corpus.labels) == set(corpus.counts) <= set(EMOTIONS)
    assert all(set(counts) == set(corpus.counts) for counts in corpus.other_counts)
    assert corpus.n_utterances == sum(corpus.counts.values()) > 0


def test_words_for_emotions_agree_with_the_shared_vocabulary(module: ModuleType) -> None:
    for code, emotion in module.CORPUS.emotions.items():
        if len(code) > 2 or code == "ps":
            assert canonical(code) == emotion


def test_examples_are_read(module: ModuleType) -> None:
    corpus = module.CORPUS
    for example in _examples(corpus):
        utterance = module.parse(Path("SAVEE/KL") / example if example.startswith("KL") else example)
        assert utterance.file.endswith(example)
        assert utterance.corpus == corpus.name
        assert utterance.emotion == corpus.emotions[utterance.source_label]
        assert utterance.sex == corpus.speakers[utterance.speaker]
        assert utterance.language in corpus.languages
        assert utterance.sentence


@pytest.mark.parametrize("ending", [".flac", ".opus", ".OGG", ".mp3", ".m4a", ".WAV"])
def test_ending_case_and_parents_do_not_matter(module: ModuleType, ending: str, tmp_path: Path) -> None:
    example = Path(_examples(module.CORPUS)[0]).with_suffix(ending)
    original = module.parse(example)
    for change in (str.lower, str.upper):
        root = tmp_path / change.__name__
        path = root / "Downloads" / "archive (1)" / change(str(example))
        path.parent.mkdir(parents=True)
        path.touch()
        (found,) = module.utterances(root)
        assert found.file == str(path)
        for field in ("emotion", "speaker", "sex", "sentence", "text", "intensity", "repetition"):
            assert getattr(found, field) == getattr(original, field)


@pytest.mark.parametrize("name", ["", "x.wav", "interview_07.wav", "99-99-99.wav", "ä.wav", "03.wav"])
def test_foreign_names_are_refused(module: ModuleType, name: str) -> None:
    with pytest.raises(CorpusError, match=re.escape(module.CORPUS.title)):
        module.parse(name)


def test_a_folder_without_the_corpus_is_refused(module: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no such folder; give the folder that .* was unpacked into"):
        module.utterances(tmp_path / "nowhere")
    with pytest.raises(CorpusError, match="there is no audio file in it"):
        module.utterances(tmp_path)
    (tmp_path / "song.wav").touch()
    with pytest.raises(CorpusError, match=r"its only audio file does not fit: .*song\.wav: "):
        module.utterances(tmp_path)
    with pytest.raises(CorpusError, match="is a file, not a folder"):
        module.utterances(tmp_path / "song.wav")


def test_speakers_are_unique_across_corpora() -> None:
    owners: dict[str, set[str]] = {}
    for name in registry.names("corpus"):
        for speaker in registry.load("corpus", name).CORPUS.speakers:
            owners.setdefault(speaker, set()).add(name)
    shared = {frozenset(names) for names in owners.values() if len(names) > 1}
    assert shared == {frozenset({"ravdess", "ravdess-song"})}


@pytest.mark.corpora
def test_real_corpora_are_read_whole(module: ModuleType, real_corpora: Path) -> None:
    corpus = module.CORPUS
    root = real_corpora / corpus.name
    if not root.is_dir():
        pytest.skip(f"no {corpus.name} here")
    result = scan(corpus.name, root)
    assert result.problems == []
    emotions = [utterance.emotion for utterance in result.utterances]
    counts = {emotion: emotions.count(emotion) for emotion in corpus.counts}
    speakers = {utterance.speaker for utterance in result.utterances}
    if corpus.name == "crema-d" and len(speakers) < 91:
        # An actor says 82 clips at most; some clips of a few actors were never made.
        assert len(speakers) * 76 <= len(emotions) <= len(speakers) * 82
        assert max(counts.values()) - min(counts.values()) <= 0.16 * max(counts.values())
        assert all(utterance.votes for utterance in result.utterances)
    else:
        assert counts in (corpus.counts, *corpus.other_counts)
        assert speakers == set(corpus.speakers)
