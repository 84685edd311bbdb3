"""Write the tables of README.md and of pages in docs from the results: no figure is typed by hand.

Between ``<!-- NAME -->`` and ``<!-- end -->`` stands what this script makes of the default bundle's card and of
``benchmarks/results``. ``--check`` changes nothing and fails if a page is behind.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import _robustness
from emotrace.labels import EMOTIONS, VALENCE_AROUSAL
from emotrace.learn.benchmark.page import CURVE_STEPS, risks_at_steps
from emotrace.learn.laboratory.leak import tell_leak

ROOT = Path(__file__).parent.parent
PAGES = (
    "README.md",
    "docs/default-model.md",
    "docs/live.md",
    "docs/audit.md",
    "docs/robustness.md",
    "docs/baseline.md",
    "docs/valence-arousal.md",
    "docs/app.md",
    "docs/speaker-sex.md",
)
RESULTS = ROOT / "benchmarks" / "results"

_OTHERS = {
    "ravdess": "62.3 from scratch (ResLSTM-SER, 5 folds); 65.4 frozen HuBERT-base, 75.3 frozen Whisper-large-v3 "
    "(EmoBox, 6 folds); listeners about 67 (accuracy)",
    "crema-d": "no figure with unseen speakers known to us; single listeners name the intended emotion in 40",
    "savee": "44.9 to 75.8, frozen encoders (EmoBox, leave one speaker out)",
    "emo-db": "77.1 ComParE + SVM (audEERING, leave one speaker out)",
    "tess": "no trustworthy figure known to us",
}


def main() -> None:
    """Fill the tables, or check them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if a page is behind")
    check = parser.parse_args().check
    for name in PAGES:
        page = ROOT / name
        text = page.read_text(encoding="utf-8")
        filled = fill(text)
        if check and filled != text:
            sys.exit(f"{name} is behind its results: run python benchmarks/tables.py")
        if not check:
            page.write_text(filled, encoding="utf-8")


def fill(text: str) -> str:
    """Replace what stands between the markers of every known table."""
    for name, make in TABLES.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        if pattern.search(text):
            _read.clear()
            table = make() + _tell_earlier()
            text = pattern.sub(lambda match, table=table: f"{match[1]}{table}\n{match[2]}", text)
    return text


def make_accuracy() -> str:
    """One line per corpus: our score on held-out speakers beside published ones."""
    pooled = _result_if_there("joint6")
    return make_one_fold() if pooled is None else tell_pooled(pooled)


def tell_pooled(benchmark: dict[str, Any]) -> str:
    """The figures of ``emotrace benchmark``: all folds pooled, means over seeds."""
    rows = [
        "| corpus | labels | held-out clips (speakers) | UAR [95 %] | accuracy | macro-F1 | published UAR, unseen speakers |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, scores in _corpora(benchmark):
        lacks = (
            ""
            if scores["folds"] == scores["of_folds"]
            else f", {len(scores['folds'])} of {len(scores['of_folds'])} folds"
        )
        rows.append(
            f"| {name} | {len(scores['labels'])} | {scores['n']} ({scores['n_speakers']}){lacks} | "
            f"{_mean_score(scores['unweighted_average_recall'])} | {_percent(scores['accuracy']['mean'])} | "
            f"{_percent(scores['macro_f1']['mean'])} | {_OTHERS.get(name, '')} |"
        )
    told, speech = benchmark["told"], benchmark["scores"]["pooled"]
    n_seeds = len(speech["seeds"])
    spread = f"Figures are means over {n_seeds} seeds ± their standard deviation. " if n_seeds > 1 else ""
    partial = "**Partial: not all folds are trained yet.** " if benchmark["is_partial"] else ""
    rows += [
        "",
        f"{partial}{told[0].upper()}{told[1:]}, protocol {benchmark['protocol']['name']}: one training each, in which nothing was "
        "chosen on the speakers held out; what all folds said of them is pooled, each corpus among its own labels, through "
        f"the same path as your recordings. {spread}Intervals resample speakers. Calibration error of all speech together "
        f"(ECE): {speech['expected_calibration_error']['mean']:.3f}. {_hours(benchmark)}{_tell_changes(benchmark)}",
    ]
    return "\n".join(rows)


def make_corpus_out() -> str:
    """How much is left on a corpus that nobody was trained on."""
    benchmark = _result("leave_one_corpus_out")
    rows = [
        "| corpus, never heard in training | clips (speakers) | UAR [95 %] | accuracy | not marked uncertain | of these right |",
        "|---|---|---|---|---|---|",
    ]
    for name, scores in _corpora(benchmark):
        rows.append(
            f"| {name} | {scores['n']} ({scores['n_speakers']}) | {_mean_score(scores['unweighted_average_recall'])} | "
            f"{_percent(scores['accuracy']['mean'])} | {_certain(benchmark, name)} |"
        )
    labels = benchmark["protocol"]["judged_among"]
    told = benchmark["told"]
    partial = "**Partial: not all folds are trained yet.** " if benchmark["is_partial"] else ""
    rows += [
        "",
        f"{partial}{told[0].upper()}{told[1:]}: a corpus is judged by models that were trained on all others, among the "
        f"{len(labels)} labels that all have ({', '.join(labels)}); chance is {_percent(1 / len(labels))}. {_hours(benchmark)}{_tell_changes(benchmark)}",
    ]
    return "\n".join(rows)


def _certain(benchmark: dict[str, Any], corpus: str) -> str:
    """Two cells: the share of answers that are not marked uncertain, and the accuracy of these; means over seeds."""
    marks = [scores["corpora"][corpus]["uncertain"] for scores in benchmark["seeds"].values()]
    keys = ("coverage", "accuracy_if_certain")
    return " | ".join(_percent(sum(mark[key] for mark in marks) / len(marks)) for key in keys)


def make_risk_coverage() -> str:
    """How many of the surest answers are wrong."""
    rows = [
        f"| errors among the surest answers | {' | '.join(_percent(share) + ' %' for share in CURVE_STEPS)} |",
        f"|---|{'---|' * len(CURVE_STEPS)}",
    ]
    benchmarks = {"people never heard": "joint6", "a corpus never heard, four emotions": "leave_one_corpus_out"}
    for told, name in benchmarks.items():
        curves = [scores["pooled"]["risk_coverage"] for scores in _result(name)["seeds"].values()]
        errors = [sum(risks) / len(curves) for risks in zip(*map(risks_at_steps, curves), strict=True)]
        rows.append(f"| {told} | {' | '.join(_percent(error) for error in errors)} |")
    return "\n".join(rows)


def make_one_fold(bundle: str = "default") -> str:
    """A shipped bundle's own scores, on the fold that it was not trained on."""
    card = _card(bundle)
    split = card["split"]
    rows = [
        "| corpus | labels | held-out clips (speakers) | UAR [95 %] | accuracy | published UAR, unseen speakers |",
        "|---|---|---|---|---|---|",
    ]
    labels = {entry["name"]: len(entry["labels"]) for entry in card["corpora"]}
    for name, scores in card["metrics"].items():
        if name == "pooled":
            continue
        rows.append(
            f"| {name} | {labels[name]} | {scores['n']} ({scores['n_speakers']}) | "
            f"{_interval(scores['unweighted_average_recall'])} | {_percent(scores['accuracy']['value'])} | "
            f"{_OTHERS.get(name, '')} |"
        )
    pooled = card["metrics"]["pooled"]
    facts = card["training"]
    rows += [
        "",
        f"One training, judged on fold {split['fold']} of the protocol {split['protocol']} "
        f"({len(split['train_speakers'])} speakers to train, {len(split['validation_speakers'])} to validate, "
        f"{len(split['test_speakers'])} never heard; seed {facts['recipe']['training']['seed']}), each corpus among its "
        "own labels, through the same path as your recordings. Intervals resample speakers; with one held-out speaker "
        f"there is none. Calibration error of all speech together (ECE): "
        f"{pooled['expected_calibration_error']['value']:.3f}. The others' figures are means over all of their folds: "
        "one fold is a coarser measure.",
    ]
    return "\n".join(rows)


def make_speaker_sex() -> str:
    """How often the speaker's sex is heard as the corpora label it."""
    report = _result("speaker_sex")
    rows = [
        "| corpus | held-out clips (speakers) | accuracy [95 %] | UAR [95 %] | women right | men right | no speech heard |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, scores in {**report["corpora"], "all speech": report["pooled"]}.items():
        rows.append(
            f"| {name} | {scores['n']} ({scores['n_speakers']}) | {_interval(scores['accuracy'])} | "
            f"{_interval(scores['unweighted_average_recall'])} | {_recall(scores, 'female')} | "
            f"{_recall(scores, 'male')} | {scores['n_no_speech']} |"
        )
    split, pooled = report["protocol"], report["pooled"]
    rows += [
        "",
        f"One training, judged on fold {split['fold']} of the protocol {split['protocol']} "
        f"({len(split['train_speakers'])} speakers to train, {len(split['validation_speakers'])} to validate, "
        f"{len(split['test_speakers'])} never heard), through the same path as your recordings. Clips in which no speech is "
        "heard count as wrong. Intervals resample speakers; with one held-out speaker there is none. All speech leaves song "
        f"out; its calibration error (ECE) is {pooled['expected_calibration_error']['value']:.3f}.",
    ]
    return "\n".join(rows)


def _recall(scores: dict[str, Any], sex: str) -> str:
    own = scores["per_class"][sex]
    return _percent(own["recall"]["value"]) if own["support"] else ""


def make_speed() -> str:
    """What a user waits for, and what it costs."""
    start, analyze, size = (_result(name) for name in ("start_up", "analyze", "install_size"))
    predict, half_hour = start["emotrace_predict"], analyze["lengths"]["30 min"]
    rss = {length: numbers["peak_rss_mb"]["median"] for length, numbers in analyze["lengths"].items()}
    return "\n".join(
        [
            "| what | measured |",
            "|---|---|",
            f"| `emotrace predict clip.wav`, whole cold process | {predict['wall_seconds']['median']:.2f} s, "
            f"{predict['peak_rss_mb']['median']:.0f} MB; {start['ratio_of_medians']:.1f} times faster than a process that "
            "imports librosa and computes 180 features |",
            f"| `emotrace analyze`, 30 minutes, one thread | {half_hour['times_real_time']['median']:.0f} times real time "
            f"({_percent(half_hour['share_of_speech'])} % of it speech) |",
            f"| memory for 3 min, 30 min, 3 h | {', '.join(f'{mb:.0f} MB' for mb in rss.values())} |",
            f"| installed, without pip | {size['total_mb']:.0f} MB |",
            "",
            f"Medians on {start['machine']['cores']} cores of {start['machine']['cpu']}; the scripts and full results are "
            "in [`benchmarks/`](benchmarks/).",
        ]
    )


def make_detector() -> str:
    """The speech detector beside Silero VAD."""
    speech = _result("speech")
    total = next(numbers for name, numbers in speech["agreement"].items() if name.startswith("all"))
    alarms = speech["false_alarms"]
    rows = ["| kind of made sound | ours | Silero |", "|---|---|---|"]
    rows += [f"| {kind} | {_share(ours)} | {_share(theirs)} |" for kind, ours, theirs in _alarm_rows(alarms)]
    return "\n".join(
        [
            f"On {total['seconds'] / 60:.1f} minutes of real talk (calls, meetings, a speech) the detector agrees with "
            f"Silero VAD on {_percent(total['agreement'])} % of frames (precision {_percent(total['precision'])}, recall "
            f"{_percent(total['recall'])}). Share of 3 s windows of made sounds in which enough speech is heard to name an "
            "emotion:",
            "",
            *rows,
        ]
    )


def make_calibration() -> str:
    """What the confidence is worth."""
    calibration, metrics = _card("default")["calibration"], _card("default")["metrics"]
    rows = ["| corpus | ECE | log-loss | Brier score | no speech heard |", "|---|---|---|---|---|"]
    for name, scores in metrics.items():
        rows.append(
            f"| {name} | {scores['expected_calibration_error']['value']:.3f} | {scores['log_loss']['value']:.3f} | "
            f"{scores['brier_score']['value']:.3f} | {scores['n_no_speech']} of {scores['n']} |"
        )
    rows += [
        "",
        f"Temperature {calibration['temperature']}; below a confidence of {calibration['uncertain_below']} a prediction is "
        f"marked uncertain ({_percent(calibration['coverage'])} % of validation clips are above it).",
    ]
    return "\n".join(rows)


def make_live_settings() -> str:
    """What hop, look-ahead and smoothing cost and bring."""
    settings = _result("live_settings")
    facts = settings["material"]
    head = "| like a file's timeline | label changes a minute | right, in a row | last final right |"
    rows = [f"| hop | look-ahead {head}", "|---|---|---|---|---|---|"]
    for run in settings["hops"]:
        is_file = run["hop_seconds"] is None
        name = (
            "a file's timeline: 1.5 s | centred"
            if is_file
            else f"{run['hop_seconds']} s | {run['lookahead_seconds']} s"
        )
        rows.append(f"| {name} | {_live_scores(run)} |")
    smooth = [f"| half-life | margin | hold {head}", "|---|---|---|---|---|---|---|"]
    for run in settings["smoothings"]:
        name = f"{run['half_life_seconds']} s | {run['margin']} | {run['hold_seconds']} s"
        smooth.append(f"| {name} | {_live_scores(run)} |")
    return "\n".join(
        [
            f"*Like a file's timeline* and *changes*: {facts['n_channels_of_talk']} channels of real calls and meetings "
            f"({facts['seconds_of_speech_in_talk']:.0f} s of speech). *In a row*: clips of one speaker after one another "
            f"({facts['n_speakers']} validation speakers, {facts['seconds_of_speech_in_a_row']:.0f} s of speech). *Last "
            f"final*: accuracy over {facts['n_clips']} clips, of which {_percent(facts['whole_clip_accuracy'])} % are right when "
            "judged whole. In per cent.",
            "",
            *rows,
            "",
            "With the default hop and look-ahead, smoothed:",
            "",
            *smooth,
        ]
    )


def make_streams() -> str:
    """How many live sessions one core follows."""
    streams, together = _result("streams"), _result("streams_together")
    rows = [
        "| streams | p50 | p95 | p99 | CPU | memory, start to end | results lost |",
        "|---|---|---|---|---|---|---|",
    ]
    for run in streams["runs"]:
        ms = run["latency_ms"]
        rows.append(
            f"| {run['n_streams']} | {ms['p50']:.0f} ms | {ms['p95']:.0f} ms | {ms['p99']:.0f} ms | "
            f"{100 * run['cpu_share']:.0f} % | {run['rss_start_mb']:.0f} to {run['rss_end_mb']:.0f} MB | {run['n_lost']} |"
        )
    worst = together["runs"][-1]
    machine = streams["machine"]
    return "\n".join(
        [
            *rows,
            "",
            f"{streams['runs'][0]['seconds']:.0f} s each, one core of {machine['cpu']}. Where {worst['n_streams']} streams begin at the "
            f"same moment their runs queue up: p95 {worst['latency_ms']['p95']:.0f} ms.",
        ]
    )


def make_server() -> str:
    """What load the server holds, and what it does beyond."""
    server = _result("server")
    rows = ["| 3-s clips, clients at a time | answers a second | p50 | p95 | refused (503) | lost | mixed up |"]
    rows.append("|---|---|---|---|---|---|---|")
    for name, level in server["requests_3_s_clips"].items():
        shown = f"{level['n_clients']} ({name})" if "limit" in name else name
        rows.append(
            f"| {shown} | {level['answered_per_second']:.0f} | {level['p50_ms']:.0f} ms | {level['p95_ms']:.0f} ms | "
            f"{level['refused']} | {level['lost']} | {level['mixed']} |"
        )
    rows += [
        "",
        "| live streams | p50 | p95 | CPU cores | results | lost | mixed up |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, level in server["real_time_streams"]["levels"].items():
        rows.append(
            f"| {name} | {level['p50_ms']:.0f} ms | {level['p95_ms']:.0f} ms | {level['server_cpu_cores']} | "
            f"{level['n_results']} | {level['lost']} | {level['mixed']} |"
        )
    twice, memory, machine = server["real_time_streams"]["twice_the_limit"], server["memory"], server["machine"]
    return "\n".join(
        [
            f"A load test over loopback, clients, server and its workers sharing {machine['cores_usable']} core(s) of {machine['cpu']}; every answer is "
            "compared with the one this recogniser gives offline.",
            "",
            *rows,
            "",
            f"Of {twice['opened']} streams opened at once for {twice['accepted']} places, {twice['refused']} were refused cleanly and "
            f"{twice['lost']} lost. Under steady load for {memory['minutes']:g} minutes, server and workers held "
            f"{memory['rss_mb_after_warm_up']:.0f} MB after warming up and {memory['rss_mb_at_end']:.0f} MB at the end.",
        ]
    )


def make_audit_found() -> str:
    """Which altered copies the audit finds."""
    audit = _result("audit")
    found = audit["found"]
    corpora = list(found)
    rows = [
        f"| done to the copy | {' | '.join(f'found, {name}' for name in corpora)} | together [95 %] |",
        "|---|" + "---|" * (len(corpora) + 1),
    ]
    changes = {change: [found[name][change] for name in corpora] for change in found[corpora[0]]}
    changes["windows with half of the shorter in common"] = [audit["windows"][name] for name in corpora]
    for change, facts in changes.items():
        hits = [(round(fact["found"]["value"] * fact["n_clips"]), fact["n_clips"]) for fact in facts]
        cells = " | ".join(f"{n_hit} of {n_all}" for n_hit, n_all in hits)
        rows.append(f"| {change} | {cells} | {_wilson(sum(h for h, _ in hits), sum(n for _, n in hits))} |")
    searched = ", ".join(f"{n:,} clips of {name}" for name, n in audit["n_searched"].items())
    rows += ["", f"Each copy was looked for among {searched}. Names with a colon are `emotrace augment` presets."]
    return "\n".join(rows)


def make_audit_alarms() -> str:
    """How often different clips are taken for copies."""
    rows = ["| no copy on the other side | clips | said to have one | [95 %] | surely |", "|---|---|---|---|---|"]
    for name, facts in _result("audit")["alarms"].items():
        rows.append(
            f"| {name} | {facts['n_clips']} | {facts['n_alarms']} | {_wilson(facts['n_alarms'], facts['n_clips'])} | "
            f"{facts['n_certain']} |"
        )
    return "\n".join(rows)


def make_app() -> str:
    """How the web app does with one person and with ten."""
    analysed = {run["people"]: run for run in _result("app")["analyse"]}
    rows = [
        "| people | a clip of 3 s in *Analyse*: median, p95, most | others' pictures | a reading in *Live*: median, p95 | "
        "settled: median, p95 | first reading: median, most | others' readings |",
        "|---|---|---|---|---|---|---|",
    ]
    for live in _result("app_live")["live"]:
        clip, reading, final, first = (analysed[live["people"]], live["reading"], live["final"], live["first"])
        rows.append(
            f"| {live['people']} | {clip['median']:.2f}, {clip['p95']:.2f}, {clip['most']:.2f} s | {clip['mixed']} of "
            f"{clip['clips']} | {reading['median']:.2f}, {reading['p95']:.2f} s | {final['median']:.2f}, "
            f"{final['p95']:.2f} s | {first['median']:.2f}, {first['most']:.2f} s | {live['mixed']} |"
        )
    return "\n".join(rows)


def make_baseline() -> str:
    """What a personal baseline gives to speakers who were never heard."""
    runs = _result("baseline")["test"]
    rows = [
        "| heard through | ordinary voice, s of speech | UAR without, with | change [95 %] | "
        "with somebody else's | neutral heard as neutral | the same, worst speaker | speakers better, worse |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for run in runs:
        own, others = run["pooled"], run["pooled_with_the_voice_of_others"]
        rows.append(
            f"| {run['condition']} | {own['mean_seconds']:.0f} | {_pair(own['uar'])} | {_points(own['change'])} | "
            f"{_points(others['change'])} | {_pair(own['neutral_recall_of_a_speaker'])} | "
            f"{_pair(own['worst_neutral_recall'])} | {own['n_speakers_better']}, {own['n_speakers_worse']} |"
        )
    ten = next(run for run in runs if run["condition"] == "clean" and run["up_to_seconds"] == 10)
    rows += ["", "Clean, up to 10 s, by corpus:", "", "| corpus | speakers | UAR without, with | change [95 %] |"]
    rows.append("|---|---|---|---|")
    for name in ("ravdess", "crema-d", "savee", "emo-db", "tess"):
        own = ten[name]
        rows.append(f"| {name} | {own['n_speakers']} | {_pair(own['uar'])} | {_points(own['change'])} |")
    rows += [
        "",
        f"The {ten['pooled']['n_speakers']} test speakers of the shipped bundle, whom nothing was chosen on. Neutral (and "
        "calm) clips are drawn up to 5, 10, 20 and 30 s of speech - most speakers have less than 20 s - and all their other "
        "clips are judged; means of twenty draws, in per cent, changes in points. Intervals draw speakers, the same without "
        "and with; of one speaker there is none. *Neutral heard as neutral* is a speaker's mean.",
    ]
    return "\n".join(rows)


def make_baseline_choice() -> str:
    """The forms of a baseline that were compared, on validation speakers."""
    runs = _result("baseline")["validation"]
    rows = [
        "| form, with its best constants | UAR of a speaker | clean | telephone | room | log-loss | neutral recall |",
        "|---|---|---|---|---|---|---|",
    ]
    for run in runs:
        constants = [f"{key.replace('_', ' ')} {run[key]:g}" for key in _CONSTANTS if key in run]
        by_condition = " | ".join(f"{100 * gain:+.1f}" for gain in run["uar_gain_by_condition"].values())
        rows.append(
            f"| {', '.join([run['form'], *constants])} | {100 * run['uar_gain_of_a_speaker']:+.1f} ± "
            f"{100 * run['standard_error']:.1f} | {by_condition} | {run['log_loss_change']:+.3f} ± "
            f"{run['log_loss_standard_error']:.3f} | {100 * run['neutral_recall_change']:+.1f} |"
        )
    rows += [
        "",
        f"The {runs[0]['n_speakers']} validation speakers; change in points, mean over speakers, with standard error. *Logit "
        "shift* takes the difference from the usual mean log-probabilities of a neutral voice away, in both directions; *and "
        "scale* raises the result to a power; *prior re-weighting* does so with mean probabilities; *excess odds* only takes "
        "back. Telephone: 300 to 3400 Hz, mu-law; room: 1 s of reverberation, 3 dB above the direct sound.",
    ]
    return "\n".join(rows)


_CONSTANTS = ("full", "half_seconds", "scale", "usual_odds")


def make_anchors() -> str:
    """Where each emotion lies on the plane of valence and arousal."""
    rows = ["| emotion | valence | arousal |", "|---|---|---|"]
    for emotion, (valence, arousal) in VALENCE_AROUSAL.items():
        rows.append(f"| {emotion} | {valence:+.2f} | {arousal:+.2f} |".replace("+0.00", "0"))
    return "\n".join(rows)


def make_dimensions() -> str:
    """Whether derived valence and arousal follow what is heard."""
    found = _result("dimensions")
    rows = [
        "| the higher level has the higher arousal | speakers | in pairs of any clips [95 %] | of one speaker and emotion [95 %] |",
        "|---|---|---|---|",
    ]
    for corpus, facts in found["intensity"].items():
        for step in facts["steps"]:
            own = step["auc_same_speaker_and_emotion"]
            rows.append(
                f"| {corpus}: {step['lower']}, {step['higher']} | {facts['n_speakers']} | {_interval(step['auc'])} | "
                f"{_interval(own)} ({own['n_pairs']} pairs) |"
            )
    rows += ["", "The lowest against the highest level, of one speaker and emotion:", ""]
    emotions = [e for e in EMOTIONS if any(e in facts["by_emotion"] for facts in found["intensity"].values())]
    rows += [f"| | {' | '.join(emotions)} |", "|---" * (len(emotions) + 1) + "|"]
    for corpus, facts in found["intensity"].items():
        values = (facts["by_emotion"].get(emotion, {}).get("value") for emotion in emotions)
        cells = ("" if value is None else _percent(value) for value in values)
        rows.append(f"| {corpus} | {' | '.join(cells)} |")
    votes = found["votes"]
    rows += [
        "",
        f"Against what is expected under the listeners' votes, {votes['n']} clips of {votes['n_speakers']} CREMA-D speakers:",
        "",
        "| | Pearson's correlation [95 %] | CCC [95 %] | mean, standard deviation |",
        "|---|---|---|---|",
    ]
    for name in ("valence", "arousal"):
        for side, title in _SIDES.items():
            own = votes[name][side]
            scores = (_correlation(own[score]) if score in own else "" for score in ("pearson", "ccc"))
            rows.append(
                f"| {name}, {title} | {' | '.join(scores)} | {own['mean']:+.2f}, {own['standard_deviation']:.2f} |"
            )
    rows += [
        "",
        f"Held-out speakers of bundle `{found['bundle']}` (model {found['model_sha256'][:8]}), {found['n_clips']} clips; "
        f"shares in per cent, 50 being chance. Labels shown: {', '.join(found['labels'])}. Intervals draw speakers.",
    ]
    return "\n".join(rows)


_SIDES = {
    "derived": "derived",
    "emotion_asked_for": "anchor of the emotion the actor was asked for",
    "votes": "the votes themselves",
}


def _correlation(score: dict[str, Any]) -> str:
    bounds = "" if score["low"] is None else f" [{score['low']:.2f}, {score['high']:.2f}]"
    return f"**{score['value']:.2f}**{bounds}"


def _pair(values: list[float]) -> str:
    return " → ".join(f"{100 * value:.1f}" for value in values)


def _points(change: dict[str, float | None]) -> str:
    value, low, high = (None if change[key] is None else 100 * change[key] for key in ("value", "low", "high"))
    return f"{value:+.1f}" + ("" if low is None else f" [{low:+.1f}, {high:+.1f}]")


def _corpora(benchmark: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(name, scores) for name, scores in benchmark["scores"].items() if name != "pooled"]


def _mean_score(score: dict[str, Any]) -> str:
    spread = "" if score["sd"] is None else f" ± {100 * score['sd']:.1f}"
    bounds = "" if score["low"] is None else f" [{100 * score['low']:.1f}, {100 * score['high']:.1f}]"
    return f"**{100 * score['mean']:.1f}**{spread}{bounds}"


def _hours(benchmark: dict[str, Any]) -> str:
    trainings = benchmark["trainings"]
    machines = {
        t["machine"]["gpu"] or f"{t['machine']['cores']} cores of {t['machine']['cpu']}" for t in trainings
    }
    hours = sum(t["seconds"] for t in trainings) / 3600
    return f"{len(trainings)} trainings, {hours:.1f} hours in all on {' and '.join(sorted(machines))}."


_OF_THE_DEFAULT = {
    *("start_up", "analyze", "streams", "streams_together", "server", "app", "app_live"),
    *("baseline", "live_settings", "dimensions"),
}
_read: list[str] = []
"""Names of the results that the table being made is of."""


def make_leak() -> str:
    """What claims of clips divided at random promise too much."""
    told = json.loads((ROOT / "docs" / "reproduction.json").read_text(encoding="utf-8"))
    return f"{tell_leak(told['leak'])}: [`docs/reproduction.md`](docs/reproduction.md)."


TABLES: dict[str, Callable[[], str]] = {
    "app": make_app,
    "baseline": make_baseline,
    "baseline_choice": make_baseline_choice,
    "anchors": make_anchors,
    "dimensions": make_dimensions,
    "audit_found": make_audit_found,
    "audit_alarms": make_audit_alarms,
    "accuracy": make_accuracy,
    "one_fold": make_one_fold,
    "open": lambda: make_one_fold("open"),
    "quick": lambda: tell_pooled(_result("joint6_quick")),
    "speaker_sex": make_speaker_sex,
    "corpus_out": make_corpus_out,
    "risk_coverage": make_risk_coverage,
    "leak": make_leak,
    "live_settings": make_live_settings,
    "streams": make_streams,
    "server": make_server,
    "speed": make_speed,
    "detector": make_detector,
    "calibration": make_calibration,
    "robustness": lambda: _robustness.tell_conditions(_result("robustness")),
    "robustness_corpora": lambda: _robustness.tell_corpora(_result("robustness")),
    "robustness_targets": lambda: _robustness.tell_targets(_result("robustness")),
    "non_speech": lambda: _robustness.tell_non_speech(_result("robustness")),
}


def _alarm_rows(alarms: dict[str, Any]) -> list[tuple[str, float, float]]:
    ours, theirs = alarms["share_of_windows"]["emotrace"], alarms["share_of_windows"]["silero"]
    return [(kind, ours[kind], theirs[kind]) for kind in ours]


def _live_scores(run: dict[str, Any]) -> str:
    shares = [_percent(run[score]) for score in ("like_centred", "in_a_row", "last_final")]
    return f"{shares[0]} | {run['changes_per_minute']:.0f} | {shares[1]} | {shares[2]}"


def _wilson(n_hit: int, n_all: int) -> str:
    """Show a share with Wilson's interval of 95 %."""
    z = 1.959964
    share = n_hit / n_all
    middle = (share + z * z / (2 * n_all)) / (1 + z * z / n_all)
    reach = z / (1 + z * z / n_all) * (share * (1 - share) / n_all + z * z / (4 * n_all * n_all)) ** 0.5
    low, high = max(0.0, middle - reach), min(1.0, middle + reach)
    return f"{_share(share)} [{100 * low:.1f}, {100 * high:.1f}]"


def _card(name: str) -> dict[str, Any]:
    card: dict[str, Any] = json.loads(
        (ROOT / "src/emotrace/assets" / name / "card.json").read_text(encoding="utf-8")
    )
    return card


def _tell_earlier() -> str:
    """Say so where a table was measured with a default model that is not the one shipped."""
    shipped = _card("default")["files"]["model.onnx"]["sha256"]
    models = {_result(name)["bundles"]["default"] for name in _OF_THE_DEFAULT.intersection(_read)}
    earlier = sorted(model for model in models if not shipped.startswith(model))
    return f"\n\nMeasured with an earlier default model (SHA-256 {', '.join(earlier)}...)." if earlier else ""


def _tell_changes(benchmark: dict[str, Any]) -> str:
    """Say so where a benchmark of the default was made before its recipe became what is shipped."""
    if benchmark["recipe_name"] != "default":
        return ""
    shipped, then = _card("default")["training"]["recipe"], benchmark["recipe"]
    changed = [
        f"{section}.{key}"
        for section in ("model", "augment", "training", "statistics")
        for key, value in shipped[section].items()
        if then[section].get(key) != value
    ]
    return f" Measured with an earlier recipe: since then, {', '.join(changed)} changed." if changed else ""


def _result(name: str) -> dict[str, Any]:
    _read.append(name)
    result: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return result


def _result_if_there(name: str) -> dict[str, Any] | None:
    return _result(name) if (RESULTS / f"{name}.json").exists() else None


def _interval(score: dict[str, Any]) -> str:
    bounds = "" if score["low"] is None else f" [{100 * score['low']:.1f}, {100 * score['high']:.1f}]"
    return f"**{100 * score['value']:.1f}**{bounds}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}".removesuffix(".0")


def _share(share: float) -> str:
    return f"{100 * share:.1f} %"


if __name__ == "__main__":
    main()
