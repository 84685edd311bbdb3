// The tab Analyse: where a recording is given, and the player that follows what was heard.
(() => {
  "use strict";
  const STOPPED_SHARE = 0.95; // of the largest upload: where the microphone stops by itself

  const pad = (number) => String(number).padStart(2, "0");
  function showTime(seconds) {
    const whole = Math.floor(seconds + 1e-6);
    const minutes = Math.floor(whole / 60);
    const rest = pad(whole % 60);
    return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${rest}`;
  }
  const showSize = (bytes) =>
    bytes < 2 ** 30 ? `${Math.round(bytes / 2 ** 20)} MB` : `${(bytes / 2 ** 30).toFixed(1)} GB`;

  // ---- Where a recording is given ---------------------------------------------------------------------------

  function wavOf(blocks, rate) {
    const n = blocks.reduce((sum, block) => sum + block.length, 0);
    const head = new DataView(new ArrayBuffer(44));
    const words = (at, text) => [...text].forEach((letter, i) => head.setUint8(at + i, letter.charCodeAt(0)));
    words(0, "RIFF");
    head.setUint32(4, 36 + 2 * n, true);
    words(8, "WAVEfmt ");
    head.setUint32(16, 16, true);
    head.setUint16(20, 1, true);
    head.setUint16(22, 1, true);
    head.setUint32(24, rate, true);
    head.setUint32(28, 2 * rate, true);
    head.setUint16(32, 2, true);
    head.setUint16(34, 16, true);
    words(36, "data");
    head.setUint32(40, 2 * n, true);
    return [head.buffer, ...blocks];
  }

  class Source extends HTMLElement {
    // Gradio's own functions: upload(file) -> {path}, trigger(event, data).
    join(upload, trigger) {
      const find = (selector) => this.querySelector(selector);
      this.upload = upload;
      this.trigger = trigger;
      this.input = find("input[type=file]");
      this.drop = find(".drop");
      this.button = find(".record");
      this.level = find(".level i");
      this.said = find(".recorded");
      this.hint = this.said.textContent;
      this.complaint = find(".complaint");
      this.maxBytes = Number(this.dataset.maxBytes);
      this.input.addEventListener("change", () => {
        const [file] = this.input.files;
        // The same file may be chosen again.
        this.input.value = "";
        if (file) this.take(file);
      });
      this.addEventListener("dragover", (event) => {
        event.preventDefault();
        this.drop.classList.add("over");
      });
      this.addEventListener("dragleave", () => this.drop.classList.remove("over"));
      this.addEventListener("drop", (event) => {
        event.preventDefault();
        this.drop.classList.remove("over");
        const files = event.dataTransfer.files;
        if (files.length === 1) this.take(files[0]);
        else this.complain("Drop one recording at a time; many are heard by the command `emotrace predict`.");
      });
      this.button.addEventListener("click", () => (this.ear || this.isOpening ? this.finish() : this.record()));
      for (const example of this.querySelectorAll("[data-example]")) {
        example.addEventListener("click", () => this.give({ example: example.dataset.example }));
      }
    }

    disconnectedCallback() {
      if (this.ear) this.ear.close();
    }

    complain(line) {
      this.complaint.textContent = line;
    }

    give(what) {
      this.complain("");
      this.trigger("submit", what);
    }

    async take(file) {
      this.complain("");
      if (file.size === 0) {
        this.complain(`${file.name} is empty (0 bytes), or a folder; record or copy it again.`);
        return;
      }
      if (file.size > this.maxBytes) {
        const most = showSize(this.maxBytes);
        this.complain(`${file.name} has ${showSize(file.size)}, and at most ${most} are heard here: `
          + "cut it, save it as FLAC, Ogg or MP3, or use the command `emotrace analyze`, which takes more.");
        return;
      }
      this.classList.add("sending");
      try {
        const { path } = await this.upload(file);
        this.give({ path });
      } catch (error) {
        this.complain(`${file.name} could not be sent to the app: ${error.message || error}. Is it still running?`);
      } finally {
        this.classList.remove("sending");
      }
    }

    async record() {
      this.complain("");
      this.isOpening = true;
      this.blocks = [];
      this.n = 0;
      this.said.textContent = "Asking for the microphone ...";
      try {
        const lost = (line) => { this.finish(); this.complain(line); };
        const ear = await window.emotraceEar.open({ block: (block, level) => this.hear(block, level), lost });
        // Stopped, or taken off the page, before the microphone was given.
        if (!this.isOpening || !this.isConnected) ear.close();
        else this.ear = ear;
      } catch (error) {
        this.complain(error.message.replaceAll("press Start", "press Record"));
      }
      this.isOpening = false;
      this.show();
    }

    hear(block, level) {
      if (!this.ear) return;
      this.blocks.push(block);
      this.n += block.length;
      this.level.style.transform = `scaleX(${level})`;
      this.said.textContent = `Recording, ${showTime(this.n / this.ear.samplingRate)}`;
      if (2 * this.n > STOPPED_SHARE * this.maxBytes) {
        this.finish();
        this.complain("Stopped here: more than this cannot be heard at once.");
      }
    }

    finish() {
      this.isOpening = false;
      const ear = this.ear;
      this.ear = null;
      if (ear) {
        ear.close();
        const now = new Date();
        const name = `microphone ${pad(now.getHours())}.${pad(now.getMinutes())}.${pad(now.getSeconds())}.wav`;
        if (this.n) this.take(new File(wavOf(this.blocks, ear.samplingRate), name, { type: "audio/wav" }));
        else this.complain("Nothing was recorded; press Record, speak, and press Stop.");
        this.blocks = [];
      }
      this.show();
    }

    show() {
      const isOn = Boolean(this.ear);
      this.button.classList.toggle("on", isOn);
      this.button.setAttribute("aria-pressed", String(isOn));
      this.button.querySelector(".word").textContent = isOn ? "Stop" : "Record";
      if (!isOn) {
        this.said.textContent = this.hint;
        this.level.style.transform = "scaleX(0)";
      }
    }
  }

  // ---- What was heard ---------------------------------------------------------------------------------------

  class Player extends HTMLElement {
    connectedCallback() {
      const find = (selector) => this.querySelector(selector);
      this.heard = JSON.parse(this.dataset.heard);
      this.duration = this.heard.duration;
      this.position = 0;
      this.audio = find("audio");
      this.button = find(".play");
      this.timeline = find(".timeline");
      this.stage = find(".stage");
      this.cursor = find(".cursor");
      this.rows = [...this.querySelectorAll(".runs tbody tr")].map((row) => [Number(row.dataset.start), Number(row.dataset.end), row]);
      this.steer();
      if (this.audio) this.follow();
      this.watcher = new ResizeObserver(() => this.fit());
      this.watcher.observe(this.stage);
    }

    disconnectedCallback() {
      if (this.watcher) this.watcher.disconnect();
      if (this.audio) this.audio.pause();
    }

    steer() {
      const stage = this.stage;
      this.addEventListener("keydown", (event) => this.onKey(event));
      this.addEventListener("click", (event) => {
        const go = event.target.closest(".go");
        if (!go) return;
        this.seek(Number(go.dataset.start));
        this.play();
      });
      stage.addEventListener("pointerdown", (event) => {
        if (event.button !== 0) return;
        this.timeline.focus({ preventScroll: true });
        stage.setPointerCapture(event.pointerId);
        this.seek(this.secondsAt(event));
        event.preventDefault();
      });
      stage.addEventListener("pointermove", (event) => {
        if (stage.hasPointerCapture(event.pointerId)) this.seek(this.secondsAt(event));
      });
    }

    follow() {
      const audio = this.audio;
      const tick = () => {
        this.position = audio.currentTime;
        this.draw();
        if (!audio.paused && this.isConnected) requestAnimationFrame(tick);
      };
      audio.addEventListener("play", tick);
      audio.addEventListener("seeked", tick);
      for (const change of ["play", "pause", "ended"]) {
        audio.addEventListener(change, () => {
          this.classList.toggle("playing", !audio.paused);
          const word = audio.paused ? "Play" : "Pause";
          this.button.setAttribute("aria-label", word);
          this.button.title = word;
        });
      }
      audio.addEventListener("error", () => {
        this.button.disabled = true;
        this.button.title = "This cannot be played any more; give the recording once more";
      });
      this.button.addEventListener("click", () => this.toggle());
      this.querySelector(".speed").addEventListener("change", (event) => {
        audio.playbackRate = Number(event.target.value);
      });
    }

    onKey(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select")) return;
      // Space and Home on a button or in the table are theirs.
      const isOnTimeline = event.target === this.timeline;
      const step = this.duration > 60 ? 5 : 1;
      const actions = {
        ArrowLeft: () => this.seek(this.position - step),
        ArrowRight: () => this.seek(this.position + step),
        Home: isOnTimeline && (() => this.seek(0)),
        End: isOnTimeline && (() => this.seek(this.duration)),
        " ": isOnTimeline && (() => this.toggle()),
      };
      const action = actions[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    }

    toggle() {
      if (!this.audio) return;
      if (this.audio.paused) this.play();
      else this.audio.pause();
    }

    play() {
      // Refused where the sound is gone; its own event tells.
      if (this.audio) this.audio.play().catch(() => {});
    }

    seek(seconds) {
      this.position = Math.min(Math.max(seconds, 0), this.duration);
      // Never quite the end: playing on from there would begin anew.
      if (this.audio) this.audio.currentTime = Math.max(0, Math.min(this.position, this.duration - 0.05));
      this.draw();
    }

    secondsAt(event) {
      const box = this.stage.getBoundingClientRect();
      return ((event.clientX - box.left) / box.width) * this.duration;
    }

    wordsNow() {
      return this.heard.channels.map(({ name, entries }) => {
        let low = 0;
        let high = entries.length;
        while (low < high) {
          const middle = (low + high) >> 1;
          if (entries[middle][0] <= this.position) low = middle + 1;
          else high = middle;
        }
        const words = low ? entries[low - 1][2] : "";
        return name ? `${name}: ${words}` : words;
      }).join(" · ");
    }

    draw() {
      const share = this.duration ? Math.min(this.position / this.duration, 1) : 0;
      this.cursor.style.transform = `translateX(${share * this.stage.clientWidth}px)`;
      this.querySelector(".now").textContent = showTime(this.position);
      const words = this.wordsNow();
      const heard = this.querySelector(".heard");
      if (heard.textContent !== words) heard.textContent = words;
      this.timeline.setAttribute("aria-valuenow", this.position.toFixed(1));
      this.timeline.setAttribute("aria-valuetext", `${showTime(this.position)}, ${words}`);
      for (const [start, end, row] of this.rows) {
        const isNow = start <= this.position && this.position < end;
        if (isNow !== row.hasAttribute("aria-current")) row.toggleAttribute("aria-current", isNow);
      }
    }

    // Words are shown in those runs of the ribbon that are wide enough for them.
    fit() {
      const texts = [...this.querySelectorAll(".ribbon text")];
      const widths = texts.map((text) => [text.getComputedTextLength(), text.parentElement.getBoundingClientRect().width]);
      texts.forEach((text, n) => text.classList.toggle("fits", widths[n][0] + 14 <= widths[n][1]));
      this.draw();
    }
  }

  customElements.define("emotrace-source", Source);
  customElements.define("emotrace-player", Player);
})();
