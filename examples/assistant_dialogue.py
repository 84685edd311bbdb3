"""An assistant that notices how its answers are received, and changes them.

It can answer in three styles. After each answer it hears how the person sounds, makes a reward of that, and leans
towards what pleases. Without arguments the person is simulated: for the first half they are in a hurry, for the
second they want to know it exactly; one exchange a day, and old impressions fade::

    python examples/assistant_dialogue.py

With recordings, each is the reply to one answer, and what the shipped model hears in it is what counts::

    python examples/assistant_dialogue.py reply1.wav reply2.wav --policy my-policy.db

The policy is kept in a file, and goes on where it stood. Without ``--policy`` it is thrown away at the end.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

import emotrace
from emotrace.assistant import Policy, reward_from
from emotrace.errors import EmotraceError

QUESTION = "Where is my parcel?"
ANSWERS = {
    "brief": "It comes on Tuesday.",
    "detailed": "It left the depot at 6:40, is on the van to you, and comes on Tuesday between 10 and 12.",
    "chatty": "Oh, waiting for a parcel is the best part, isn't it? So! It is on its way, and on Tuesday ...",
}
# How much a person of each mood likes each style, from -1 to 1.
TASTES = {
    "in a hurry": {"brief": 0.8, "detailed": -0.3, "chatty": -0.9},
    "curious": {"brief": -0.6, "detailed": 0.9, "chatty": -0.2},
}
N_DAYS = 60
DAY_SECONDS = 86_400.0
HALF_LIFE_DAYS = 7.0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="An assistant that learns from the emotion it hears.")
    parser.add_argument("replies", nargs="*", metavar="FILE", help="recorded replies; without any, simulated ones")
    parser.add_argument("--policy", metavar="FILE", type=Path, help="where to keep what is learned")
    parser.add_argument("--seed", type=int, default=2, help="of all random choices")
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = options.policy or Path(folder) / "policy.db"
            policy = Policy(path, list(ANSWERS), HALF_LIFE_DAYS, options.seed)
            if options.replies:
                talk_with_recordings(policy, options.replies)
            else:
                talk_with_simulated_person(policy, np.random.default_rng(options.seed))
    except EmotraceError as error:
        print(f"assistant_dialogue: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def talk_with_recordings(policy: Policy, files: Sequence[str]) -> None:
    """Take each recording for the reply to one answer."""
    recogniser = emotrace.load()
    for file in files:
        style = policy.choose("delivery")
        print(f"person:    {QUESTION}\nassistant: {ANSWERS[style]}")
        timeline = recogniser.analyze(file)
        reward = reward_from(timeline.predictions)
        heard = ", ".join(dict.fromkeys(p.emotion + "?" * p.uncertain for p in timeline.runs()))
        print(f"person:    ({file}: {heard}){tell_reward(reward)}\n")
        policy.feedback(style, reward, "delivery")
    print(show_standing(policy))


def talk_with_simulated_person(policy: Policy, rng: np.random.Generator) -> None:
    """Ask once a day for two months; after the first, another mood prevails."""
    for day, mood in enumerate(moods(N_DAYS)):
        now = day * DAY_SECONDS
        style = policy.choose("delivery", now)
        liking = TASTES[mood][style]
        is_interruption = liking < 0.0 and rng.random() < 0.5
        heard = simulated_reply(liking, rng)
        reward = reward_from([heard], is_interruption)
        policy.feedback(style, reward, "delivery", now)
        if day % (N_DAYS // 2) < 3:
            answer = ANSWERS[style]
            print(f"day {day + 1}, the person is {mood}\nperson:    {QUESTION}")
            print(f"assistant: {answer[: len(answer) // 2] + ' --' if is_interruption else answer}")
            doubt = "?" if heard.uncertain else ""
            print(f"person:    ({heard.emotion}{doubt}{', interrupts' * is_interruption}){tell_reward(reward)}\n")
        if (day + 1) % (N_DAYS // 4) == 0:
            print(f"after day {day + 1}, the person being {mood}:\n{show_standing(policy, now)}\n")


def moods(n_days: int) -> Iterator[str]:
    for day in range(n_days):
        yield "in a hurry" if day < n_days // 2 else "curious"


def simulated_reply(liking: float, rng: np.random.Generator) -> emotrace.Prediction:
    """Make up what would be heard: mostly neutral, some happiness or anger, and sometimes nothing certain."""
    weights = {"neutral": 1.0, "happiness": 0.2 + 3.0 * max(liking, 0.0), "anger": 0.2 + 3.0 * max(-liking, 0.0)}
    probabilities = dict(zip(weights, rng.dirichlet([2.0 * w for w in weights.values()]).tolist(), strict=True))
    emotion = max(probabilities, key=lambda label: probabilities[label])
    return emotrace.Prediction(
        segment=emotrace.Segment(0.0, 1.5),
        emotion=emotion,
        confidence=probabilities[emotion],
        uncertain=probabilities[emotion] < 0.5,
        probabilities=probabilities,
        speech_seconds=1.2,
    )


def tell_reward(reward: float | None) -> str:
    return "   nothing learned" if reward is None else f"   reward {reward:+.2f}"


def show_standing(policy: Policy, now: float | None = None) -> str:
    """Draw how the styles stand."""
    return "\n".join(
        f"  {style.approach:10}{'#' * round(30 * style.preference):30} pleases {style.preference:4.0%}, "
        f"next with {style.choice_probability:4.0%}"
        for style in policy.statistics("delivery", now)
    )


if __name__ == "__main__":
    sys.exit(main())
