"use strict";
// Contribute: listen to a clip, delete one, forget a person, copy a command.
window.emotraceContribute = (() => {
  return function start(root, server, props) {
    let playing = null;

    const folder = () => root.querySelector("[data-folder]").dataset.folder;

    function say(line, isWrong) {
      const place = document.querySelector("#contribute-said .contribute-said");
      if (!place) return;
      place.textContent = line;
      place.style.color = isWrong ? "var(--critical)" : "";
      place.setAttribute("role", isWrong ? "alert" : "status");
    }

    function stop() {
      if (!playing) return;
      playing.audio.pause();
      playing.button.setAttribute("aria-pressed", "false");
      playing.button.textContent = "▶";
      playing = null;
    }

    async function listen(button) {
      const isSame = playing && playing.button === button;
      stop();
      if (isSame) return;
      const answer = await server.listen({ folder: folder(), clip: button.dataset.listen });
      if (answer.error) { say(answer.error, true); return; }
      const audio = new Audio(answer.url);
      playing = { audio, button };
      button.setAttribute("aria-pressed", "true");
      button.textContent = "■";
      audio.addEventListener("ended", stop);
      await audio.play();
    }

    async function change(button, task, asked) {
      stop();
      button.disabled = true;
      try {
        const answer = await server[task]({ folder: folder(), ...asked });
        if (answer.html) props.value = answer.html;
        say(answer.error || answer.said, Boolean(answer.error));
      } finally {
        button.disabled = false;
      }
    }

    root.addEventListener("click", async (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      const { listen: clip, drop, erase } = button.dataset;
      const forget = button.closest(".forget");
      try {
        if (clip) await listen(button);
        else if (drop) await change(button, "drop", { clip: drop });
        else if (erase) await change(button, "erase", { person: erase });
        else if ("ask" in button.dataset) {
          button.hidden = true;
          forget.querySelector(".sure").hidden = false;
          forget.querySelector("[data-no]").focus();
        } else if ("no" in button.dataset) {
          forget.querySelector(".sure").hidden = true;
          forget.querySelector("[data-ask]").hidden = false;
          forget.querySelector("[data-ask]").focus();
        } else if ("copy" in button.dataset) {
          await navigator.clipboard.writeText(button.closest(".line").querySelector("code").textContent);
          button.textContent = "Copied";
        }
      } catch (error) {
        say("that did not work; is emotrace still running?", true);
      }
    });
  };
})();
