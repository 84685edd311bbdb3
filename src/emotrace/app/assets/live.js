// <emotrace-live>: the tab Live. A microphone (ear.js), a socket (app/live/door.py), a face (face.js), a ribbon.
(() => {
  "use strict";
  const [NOTHING, NO_SPEECH, UNCERTAIN] = ["\u2014", "no speech", "uncertain"];
  const MINUTE = 60;
  // How long a word stands at least, in milliseconds.
  const HOLD = 800;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const LOST = "The connection to emotrace is lost. See that it still runs, then press Start again.";
  const REFUSED = "emotrace did not answer: it may have ended, or all places are taken. Try again in a moment.";
  const percent = (share) => `${Math.round(100 * share)} %`;
  const colourOf = (emotion) => `var(--${emotion.replaceAll(" ", "-")})`;
  const address = () => {
    const folder = location.pathname.endsWith("/") ? location.pathname : location.pathname + "/";
    return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${folder}live`;
  };

  class Live extends HTMLElement {
    connectedCallback() {
      this.find = (selector) => this.querySelector(selector);
      this.face = this.find("emotrace-face");
      this.track = this.find(".live-track");
      this.voice = null;
      this.find(".live-start").onclick = () => (this.state ? this.stop() : this.start("live"));
      this.find(".live-learn").onclick = () => (this.state === "voice" ? this.cancel() : this.learn());
      this.find(".live-forget").onclick = () => this.forget();
      this.find("[name=preset]").onchange = ({ target }) => this.usePreset(target.selectedOptions[0]);
      for (const name of ["send", "preset", "host", "port"]) {
        this.find(`[name=${name}]`).addEventListener("change", () => this.aim());
      }
      this.face.addEventListener("change", ({ detail }) => this.announce(detail));
      this.rest();
      const step = () => {
        if (!this.isConnected) return;
        if (this.offsetParent !== null) this.draw();
        this.frame = requestAnimationFrame(step);
      };
      this.frame = requestAnimationFrame(step);
    }

    disconnectedCallback() {
      cancelAnimationFrame(this.frame);
      this.stop();
    }

    // --- beginning and ending ---

    async start(purpose) {
      const turn = (this.turn = {});
      this.enter(purpose);
      this.say("Waiting for the microphone ...");
      try {
        const ear = await window.emotraceEar.open({
          block: (samples, level) => this.turn === turn && this.hear(samples, level),
          lost: (line) => this.turn === turn && this.fail(line),
        });
        if (this.turn !== turn) return void ear.close();
        this.ear = ear;
      } catch (error) {
        if (this.turn === turn) this.fail(error.message);
        return;
      }
      this.connect(turn, purpose);
    }

    connect(turn, purpose) {
      this.say("Connecting ...");
      const socket = (this.socket = new WebSocket(address()));
      const open = { type: "open", purpose, sampling_rate: this.ear.samplingRate };
      if (purpose === "live") Object.assign(open, { voice: this.voice, avatar: this.target() });
      socket.onopen = () => {
        socket.send(JSON.stringify(open));
        this.isOpen = true;
        if (purpose === "voice") this.say("");
      };
      socket.onmessage = ({ data }) => this.turn === turn && this.take(JSON.parse(data));
      socket.onclose = () => this.turn === turn && this.fail(this.complaint || (this.isOpen ? LOST : REFUSED));
    }

    enter(purpose) {
      this.state = purpose;
      this.rest();
      this.isOpen = this.isDone = false;
      this.complaint = "";
      this.dataset.state = purpose;
      this.label();
    }

    label() {
      this.find(".live-start").textContent = this.state === "live" ? "Stop" : "Start";
      this.find(".live-start").disabled = this.state === "voice";
      const record = this.voice ? "Record anew" : `Record ${this.dataset.voiceSeconds} s`;
      this.find(".live-learn").textContent = this.state === "voice" ? "Cancel" : record;
      this.find(".live-forget").hidden = !this.voice || this.state === "voice";
      this.find(".live-voice .live-mark").textContent = this.voice ? "in use" : "";
    }

    // Ends whatever runs; the line stays below the button that began it.
    stop(line = "") {
      const wasVoice = this.state === "voice";
      this.turn = null;
      this.state = null;
      delete this.dataset.state;
      if (this.ear) this.ear.close();
      if (this.socket && this.socket.readyState < WebSocket.CLOSING) {
        if (this.isOpen && !this.isDone && this.socket.readyState === WebSocket.OPEN) this.socket.send('{"type": "close"}');
        this.socket.close();
      }
      this.ear = this.socket = null;
      this.face.show({});
      this.face.hear(0);
      this.label();
      this.find("progress").hidden = true;
      this.find(wasVoice ? ".live-voice .live-said" : ".live-status").textContent = line;
      if (wasVoice) this.find(".live-status").textContent = "";
      this.read(null);
      if (this.find("[name=send]").checked) this.tell(".live-avatar", "On as soon as you press Start.");
    }

    fail(line) {
      const isVoice = this.state === "voice";
      // Else the microphone or the connection is gone.
      const isToGoOn = isVoice && this.complaint;
      this.stop(line);
      this.find(isVoice ? ".live-voice .live-said" : ".live-status").classList.add("is-wrong");
      if (isToGoOn) this.goOn();
    }

    say(line) {
      const status = this.find(".live-status");
      status.classList.remove("is-wrong");
      status.textContent = line;
    }

    tell(panel, line, isWrong = false) {
      const said = this.find(`${panel} .live-said`);
      said.classList.toggle("is-wrong", isWrong);
      said.textContent = line;
    }

    // --- what is said to the app, and what it answers ---

    hear(samples, level) {
      this.face.hear(level);
      if (!this.isOpen || this.isDone || this.socket.readyState !== WebSocket.OPEN) return;
      this.socket.send(samples.buffer);
      this.sent += samples.length / this.ear.samplingRate;
      this.clock.push([this.sent, performance.now()]);
      if (this.clock.length > 200) this.clock.shift();
      if (this.state === "voice") this.learnOn();
    }

    take(message) {
      if (message.type === "ready") this.say("Listening.");
      else if (message.type === "result") this.takeResult(message);
      else if (message.type === "voice") this.takeVoice(message);
      else if (message.type === "notice") this.takeNotice(message);
      else if (message.type === "closing") this.complaint = message.reason;
      else if (message.type === "error") this.complaint = message.detail;
    }

    takeResult(result) {
      this.measure(result);
      this.face.show(result.probabilities, result.uncertain);
      this.read(result);
      this.lay(result);
    }

    takeNotice({ is_sending, line }) {
      this.find(".live-avatar .live-mark").textContent = is_sending ? "on" : "";
      const isOn = this.find("[name=send]").checked;
      // What is wrong with the fields has been said.
      if (!is_sending && isOn && !this.target()) return;
      this.tell(".live-avatar", line, isOn && !is_sending);
    }

    // From the moment the last sound of a reading reached this page until the reading is here.
    measure({ end, is_final }) {
      const block = this.clock.find(([seconds]) => seconds >= end - 0.001);
      if (!block) return;
      const delays = is_final ? this.finalDelays : this.interimDelays;
      const early = block[0] - end;
      delays.push((performance.now() - block[1]) / 1000 + Math.max(0, early));
      if (delays.length > 25) delays.shift();
      const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
      if (!this.interimDelays.length) return;
      const settled = this.finalDelays.length ? `, settled after ${median(this.finalDelays).toFixed(1)} s` : "";
      this.find(".live-delay").textContent = `Heard ${median(this.interimDelays).toFixed(2)} s after the sound${settled}`;
    }

    // --- the reading ---

    read(result) {
      const isSpeech = result && result.emotion !== NO_SPEECH;
      this.reading = result;
      for (const row of this.querySelectorAll(".live-bars li")) {
        const share = isSpeech ? result.probabilities[row.dataset.emotion] || 0 : 0;
        row.querySelector("i").style.transform = `scaleX(${share.toFixed(3)})`;
        row.querySelector(".live-share").textContent = isSpeech ? percent(share) : "";
        row.classList.toggle("is-first", Boolean(isSpeech && result.emotion === row.dataset.emotion));
      }
      const sureness = this.find(".live-sureness");
      if (!result) sureness.textContent = "Not listening.";
      else if (!isSpeech) sureness.textContent = "Nobody speaks.";
      else if (result.uncertain) sureness.textContent = `Not sure: perhaps ${result.emotion}, ${percent(result.confidence)}`;
      else sureness.textContent = `Most likely ${result.emotion}, ${percent(result.confidence)}`;
      this.name();
    }

    // The large word follows the face, which is calmer than single readings.
    name() {
      const place = this.find(".live-emotion");
      const word = this.wordFor(this.reading);
      const now = performance.now();
      const isCalm = [word, place.textContent].some((each) => [NOTHING, NO_SPEECH].includes(each));
      if (word === place.textContent || (!isCalm && now - this.namedSince < HOLD)) return;
      this.namedSince = now;
      place.textContent = word;
      place.style.setProperty("--fill", [NOTHING, UNCERTAIN].includes(word) ? "transparent" : colourOf(word));
    }

    wordFor(reading) {
      if (!reading) return NOTHING;
      if (reading.emotion === NO_SPEECH) return NO_SPEECH;
      // A face at rest because nothing is certain is not a neutral voice.
      return reading.uncertain && reading.emotion !== this.face.shown ? UNCERTAIN : this.face.shown;
    }

    announce(emotion) {
      this.name();
      const now = performance.now();
      if (!this.state || now - (this.announced || -Infinity) < 3000) return;
      this.announced = now;
      this.find(".live-told").textContent = emotion;
    }

    // --- the last minute ---

    rest() {
      this.sent = 0;
      this.clock = [];
      this.interimDelays = [];
      this.finalDelays = [];
      this.finals = [];
      this.interim = null;
      this.track.replaceChildren();
      this.find(".live-ribbon").setAttribute("aria-label", "The last minute: nothing heard yet");
      this.find(".live-delay").textContent = "";
    }

    lay(result) {
      if (this.interim) this.interim.remove();
      const piece = document.createElement("i");
      piece.style.left = `${(100 * result.start) / MINUTE}%`;
      piece.style.width = `${(100 * (result.end - result.start)) / MINUTE}%`;
      piece.style.setProperty("--fill", colourOf(result.emotion));
      const isSilence = result.emotion === NO_SPEECH;
      piece.style.height = isSilence ? "" : `${Math.round(35 + 65 * result.confidence)}%`;
      piece.classList.toggle("is-silence", isSilence);
      piece.classList.toggle("is-uncertain", result.uncertain);
      piece.classList.toggle("is-interim", !result.is_final);
      this.track.append(piece);
      this.interim = result.is_final ? null : piece;
      if (!result.is_final) return;
      this.finals.push({ result, piece });
      while (this.finals[0].result.end < result.end - MINUTE - 2) this.finals.shift().piece.remove();
      this.find(".live-ribbon").setAttribute("aria-label", this.describe());
    }

    describe() {
      const seconds = {};
      let speech = 0;
      for (const { result } of this.finals) {
        if (result.emotion === NO_SPEECH) continue;
        seconds[result.emotion] = (seconds[result.emotion] || 0) + result.end - result.start;
        speech += result.end - result.start;
      }
      if (!speech) return "The last minute: no speech";
      const parts = Object.entries(seconds).sort((a, b) => b[1] - a[1]);
      return "The last minute: " + parts.map(([emotion, s]) => `${emotion} ${percent(s / speech)}`).join(", ");
    }

    draw() {
      const { valence, arousal } = this.face;
      for (const [axis, value] of Object.entries({ valence, arousal })) {
        this.find(`[data-axis=${axis}] i`).style.left = `${50 + 50 * value}%`;
      }
      if (!this.state || !this.clock.length) return;
      const [seconds, when] = this.clock[this.clock.length - 1];
      const now = still.matches ? Math.ceil(seconds) : seconds + Math.min(0.2, (performance.now() - when) / 1000);
      this.track.style.transform = `translateX(${(100 * (MINUTE - now)) / MINUTE}%)`;
    }

    // --- the ordinary voice ---

    learn() {
      this.isToGoOn = this.state === "live";
      if (this.isToGoOn) this.stop();
      const bar = this.find("progress");
      bar.value = 0;
      bar.hidden = false;
      this.tell(".live-voice", "");
      this.start("voice");
    }

    learnOn() {
      this.find("progress").value = this.sent;
      const left = Math.ceil(this.dataset.voiceSeconds - this.sent);
      if (left > 0) return this.tell(".live-voice", `Go on speaking, ${left} s`);
      this.tell(".live-voice", "Hearing it ...");
      this.ear.close();
      this.socket.send('{"type": "close"}');
      this.face.hear(0);
      this.isDone = true;
    }

    takeVoice(voice) {
      this.voice = voice;
      this.stop();
      this.tell(".live-voice", `In use: ${voice.speech_seconds.toFixed(0)} s of your speech were heard.`);
      this.goOn();
    }

    cancel() {
      this.stop("Cancelled.");
      this.goOn();
    }

    // What was interrupted.
    goOn() {
      if (this.isToGoOn) this.start("live");
      this.isToGoOn = false;
    }

    forget() {
      this.isToGoOn = this.state === "live";
      this.voice = null;
      this.stop();
      this.tell(".live-voice", "Forgotten.");
      this.find(".live-learn").focus();
      this.goOn();
    }

    // --- the avatar ---

    usePreset(option) {
      this.find("[name=host]").value = option.dataset.host;
      this.find("[name=port]").value = option.dataset.port;
    }

    target() {
      if (!this.find("[name=send]").checked) return null;
      const host = this.find("[name=host]").value.trim();
      const port = Number(this.find("[name=port]").value);
      const isRight = host && Number.isInteger(port) && port >= 1 && port <= 65535;
      if (!isRight) this.tell(".live-avatar", "Give a host and a port from 1 to 65535.", true);
      return isRight ? { host, port, preset: this.find("[name=preset]").value } : null;
    }

    aim() {
      const target = this.target();
      const isOn = this.find("[name=send]").checked;
      if (!isOn || target) this.tell(".live-avatar", isOn ? "On as soon as you press Start." : "Nothing is sent.");
      if (this.state === "live" && this.isOpen) this.socket.send(JSON.stringify({ type: "avatar", target }));
    }
  }

  customElements.define("emotrace-live", Live);
})();
