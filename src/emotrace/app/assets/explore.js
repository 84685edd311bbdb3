// Clips that are chosen from a list, and players with a cursor that runs along their pictures.
(() => {
  "use strict";

  // A list or a table of buttons: whoever is pressed is sent, and marked.
  window.emotraceChoose = (element, trigger) => {
    element.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-row]");
      if (!button) return;
      for (const other of element.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
      button.setAttribute("aria-current", "true");
      trigger("submit", { row: Number(button.dataset.row) });
    });
  };

  const lookOf = (audio) => audio.closest(".look");

  function follow(audio) {
    const look = lookOf(audio);
    if (!look) return;
    const move = () => {
      look.style.setProperty("--at", Math.min(1, audio.currentTime / Number(look.dataset.seconds)));
      if (!audio.paused && audio.isConnected) requestAnimationFrame(move);
    };
    move();
  }

  // Events of players do not bubble, but can be caught on their way down.
  document.addEventListener("play", (event) => {
    for (const other of document.querySelectorAll("audio")) if (other !== event.target) other.pause();
    lookOf(event.target)?.classList.add("heard");
    follow(event.target);
  }, true);
  document.addEventListener("seeked", (event) => follow(event.target), true);

  document.addEventListener("click", (event) => {
    const plot = event.target.closest(".look .plot");
    if (plot) {
      const look = plot.closest(".look");
      const audio = look.querySelector("audio");
      if (!audio) return;
      const box = plot.getBoundingClientRect();
      audio.currentTime = ((event.clientX - box.left) / box.width) * Number(look.dataset.seconds);
      audio.play().catch(() => {});
      return;
    }
    const tone = event.target.closest("button[data-sound]");
    if (tone) new Audio(tone.dataset.sound).play().catch(() => {});
  });
})();
