"use strict";
// The picture session: shows pictures, records what is said at each, has it heard, and keeps all of it in the page.
window.emotracePictures = (() => {
  const HEARING_RATE = 16000, TICK_MS = 50, READY_SECONDS = 3, TRIES = 6, QUIETEST_DB = -60;
  // The biggest side of an own picture in a saved page.
  const SAVED_PIXELS = 800, HEAD_BYTES = 16;

  const WORKLET = `registerProcessor("emotrace-taker", class extends AudioWorkletProcessor {
    constructor() { super(); this.block = new Float32Array(2048); this.n = 0; }
    process(inputs) {
      const samples = inputs[0][0];
      for (let i = 0; samples && i < samples.length; i++) {
        this.block[this.n++] = samples[i];
        if (this.n === this.block.length) { this.port.postMessage(this.block); this.n = 0; }
      }
      return true;
    }
  })`;

  const REFUSALS = {
    NotAllowedError: "the microphone was refused; allow it for this page (the sign beside its address) and start again",
    NotFoundError: "no microphone was found; plug one in and start again",
    NotReadableError: "another program holds the microphone; close it and start again",
  };

  class Microphone {
    static async open() {
      if (!navigator.mediaDevices || !window.AudioWorkletNode)
        throw new Error("this browser gives no microphone to this page; open it at http://127.0.0.1 in a present-day browser");
      const wanted = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      let stream;
      try {
        stream = await navigator.mediaDevices.getUserMedia({ audio: wanted });
      } catch (error) {
        throw new Error(REFUSALS[error.name] || `the microphone cannot be used: ${error.message}`);
      }
      const microphone = new Microphone(stream);
      try { await microphone.listen(); } catch (error) { microphone.close(); throw error; }
      return microphone;
    }

    constructor(stream) {
      this.stream = stream;
      this.context = new AudioContext();
      this.blocks = [];
      this.isLost = false;
      stream.getAudioTracks()[0].addEventListener("ended", () => { this.isLost = true; });
    }

    async listen() {
      const url = URL.createObjectURL(new Blob([WORKLET], { type: "text/javascript" }));
      try { await this.context.audioWorklet.addModule(url); } finally { URL.revokeObjectURL(url); }
      await this.context.resume();
      const source = this.context.createMediaStreamSource(this.stream);
      const taker = new AudioWorkletNode(this.context, "emotrace-taker", { numberOfInputs: 1, outputChannelCount: [1] });
      taker.port.onmessage = (event) => this.blocks.push(event.data);
      this.analyser = this.context.createAnalyser();
      this.analyser.fftSize = 1024;
      this.view = new Float32Array(1024);
      source.connect(this.analyser);
      // Some browsers only run what leads to a loudspeaker; it gives silence.
      source.connect(taker).connect(this.context.destination);
    }

    // From 0 (quiet) to 1 (as loud as can be).
    level() {
      this.analyser.getFloatTimeDomainData(this.view);
      const power = this.view.reduce((sum, x) => sum + x * x, 0) / this.view.length;
      return Math.min(1, Math.max(0, 1 - (10 * Math.log10(power + 1e-12)) / QUIETEST_DB));
    }

    begin() { this.blocks = []; }

    // What was heard since `begin`, as a WAV file.
    async take() {
      const blocks = this.blocks;
      this.blocks = [];
      const n = blocks.reduce((sum, block) => sum + block.length, 0);
      const samples = new Float32Array(n);
      let at = 0;
      for (const block of blocks) { samples.set(block, at); at += block.length; }
      return toWav(await resample(samples, this.context.sampleRate), HEARING_RATE);
    }

    close() {
      this.stream.getTracks().forEach((track) => track.stop());
      this.context.close();
    }
  }

  async function resample(samples, rate) {
    if (rate === HEARING_RATE || !samples.length) return samples;
    const offline = new OfflineAudioContext(1, Math.ceil((samples.length * HEARING_RATE) / rate), HEARING_RATE);
    const buffer = offline.createBuffer(1, samples.length, rate);
    buffer.copyToChannel(samples, 0);
    const source = offline.createBufferSource();
    source.buffer = buffer;
    source.connect(offline.destination);
    source.start();
    return (await offline.startRendering()).getChannelData(0);
  }

  function toWav(samples, rate) {
    const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
    const text = (at, word) => [...word].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
    text(0, "RIFF"); view.setUint32(4, 36 + 2 * samples.length, true); text(8, "WAVEfmt ");
    view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
    view.setUint32(24, rate, true); view.setUint32(28, 2 * rate, true); view.setUint16(32, 2, true);
    view.setUint16(34, 16, true); text(36, "data"); view.setUint32(40, 2 * samples.length, true);
    samples.forEach((x, i) => view.setInt16(44 + 2 * i, Math.round(32767 * Math.min(1, Math.max(-1, x))), true));
    return new Blob([view], { type: "audio/wav" });
  }

  const wait = (ms) => new Promise((done) => setTimeout(done, ms));

  const toDataUrl = (blob) => new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => fail(reader.error);
    reader.readAsDataURL(blob);
  });
  const toBase64 = async (blob) => (await toDataUrl(blob)).split(",")[1] || "";

  function shuffled(list) {
    const mixed = [...list];
    for (let i = mixed.length - 1; i > 0; i--) {
      const j = Math.floor(Math.random() * (i + 1));
      [mixed[i], mixed[j]] = [mixed[j], mixed[i]];
    }
    return mixed;
  }

  // An own picture, small enough to be kept in a saved page; fails if the browser cannot show it.
  async function shrink(file) {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, SAVED_PIXELS / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    return canvas.toDataURL("image/jpeg", 0.85);
  }

  function save(name, type, text) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  return function start(root, server) {
    const find = (selector) => root.querySelector(selector);
    const stage = find(".pictures"), form = find("form");
    const run = find(".run"), end = find(".end");
    let own = null, session = null, finished = null;

    function show(part) {
      stage.dataset.part = part;
      root.querySelectorAll("[data-when]").forEach((each) => { each.hidden = each.dataset.when !== part; });
    }

    const complain = (line) => { find(".wrong").textContent = line; };

    // Before

    form.addEventListener("change", async (event) => {
      complain("");
      find(".own").hidden = form.elements.source.value !== "own";
      if (event.target.name === "folder") await choose([...event.target.files]);
    });

    async function choose(files) {
      own = null;
      find(".chosen").textContent = "Looking at the pictures …";
      try {
        const listed = await Promise.all(files.slice(0, 3000).map(async (file) => ({
          path: file.webkitRelativePath || file.name,
          n_bytes: file.size,
          head: await toBase64(file.slice(0, HEAD_BYTES)),
        })));
        const choice = await server.choose({ files: listed });
        if (choice.error) throw new Error(choice.error);
        const pictures = [];
        for (const { index, expected, title } of choice.pictures) {
          const url = await shrink(files[index]).catch(() => null);
          if (url) pictures.push({ expected, title, description: title, url });
          else choice.notes.push(`${files[index].name} is damaged and left out`);
        }
        if (!pictures.length) throw new Error("this browser can show none of these pictures; save them anew as PNG or JPEG");
        own = { pictures, labels: choice.labels };
        const kinds = new Set(pictures.map((picture) => picture.expected)).size;
        const count = `${pictures.length} picture${pictures.length === 1 ? "" : "s"} of ${kinds} emotion${kinds === 1 ? "" : "s"}`;
        find(".chosen").textContent = [count, ...choice.notes].join("; ");
      } catch (error) {
        find(".chosen").textContent = "";
        complain(error.message);
      }
    }

    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (session) return;
      complain("");
      const seconds = Number(form.elements.seconds.value);
      const isOwn = form.elements.source.value === "own";
      if (isOwn && !own) { complain("choose the folder with your pictures first"); return; }
      const button = find(".ask .act");
      button.disabled = true;
      try {
        const pictures = isOwn ? own.pictures : await server.scenes({});
        const microphone = await Microphone.open();
        session = {
          seconds, microphone, labels: isOwn ? own.labels : "", started: new Date(),
          pictures: form.elements.mixed.checked ? shuffled(pictures) : pictures,
          takes: [], isOver: false, isNext: false, why: "",
        };
      } catch (error) {
        complain(error.message || String(error));
        return;
      } finally {
        button.disabled = false;
      }
      await perform(session);
    });

    // While it runs

    async function perform(now) {
      show("run");
      find(".run .place").focus({ preventScroll: true });
      run.scrollIntoView({ block: "nearest" });
      try {
        await getReady(now);
        for (let place = 0; place < now.pictures.length && !now.isOver; place++) await showPicture(now, place);
      } finally {
        now.microphone.close();
      }
      await finish(now);
    }

    async function getReady(now) {
      find(".run .place").textContent = "Get ready";
      find(".run img").hidden = true;
      find(".run figcaption").textContent = "Say aloud what you would say.";
      find(".next").disabled = true;
      await tick(now, READY_SECONDS, (left) => { find(".ready").textContent = Math.ceil(left); });
      find(".ready").textContent = "";
      find(".next").disabled = false;
    }

    async function showPicture(now, place) {
      const picture = now.pictures[place], image = find(".run img");
      image.src = picture.url;
      image.alt = picture.description;
      await image.decode().catch(() => {});
      image.hidden = false;
      find(".run figcaption").textContent = picture.title;
      find(".run .place").textContent = `Picture ${place + 1} of ${now.pictures.length}`;
      now.microphone.begin();
      const began = performance.now();
      await tick(now, now.seconds);
      const seconds = (performance.now() - began) / 1000;
      // A picture that was cut short by leaving says nothing.
      if (now.isOver) return;
      const take = { picture, seconds, recording: await now.microphone.take() };
      take.done = hear(take, now.labels);
      now.takes.push(take);
    }

    // Let time pass until it is over, and show how much is left.
    function tick(now, seconds, tell) {
      now.isNext = false;
      const began = performance.now();
      return new Promise((done) => {
        let n = 0;
        const timer = setInterval(() => {
          const left = seconds - (performance.now() - began) / 1000;
          if (now.microphone.isLost) leave(now, "The microphone is gone.");
          if (!root.isConnected || run.offsetParent === null) leave(now, "You went elsewhere, so the session was ended.");
          if (left <= 0 || now.isOver || now.isNext) { clearInterval(timer); done(); return; }
          if (tell) tell(left);
          find(".left").textContent = `${Math.ceil(left)} s`;
          find(".gone").style.width = `${100 * (1 - left / seconds)}%`;
          const level = now.microphone.level();
          find(".loud").style.width = `${100 * level}%`;
          if (n++ % 10 === 0) find("[role=meter]").setAttribute("aria-valuenow", Math.round(100 * level));
        }, TICK_MS);
      });
    }

    function leave(now, why) {
      if (now.isOver) return;
      now.isOver = true;
      now.why = why;
    }

    async function hear(take, labels) {
      try {
        const audio = await toBase64(take.recording);
        for (let i = 1; ; i++) {
          const answer = await server.hear_picture({ audio, labels });
          if (answer.heard) { take.heard = answer.heard; return; }
          if (!answer.again_in_seconds || i === TRIES) { take.reason = answer.error; return; }
          await wait(1000 * Math.min(answer.again_in_seconds, 10));
        }
      } catch (error) {
        take.reason = "emotrace no longer answers; is it still running?";
      }
    }

    find(".next").addEventListener("click", () => { if (session) session.isNext = true; });
    find(".stop").addEventListener("click", () => { if (session) leave(session, "You stopped the session."); });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && session && !session.isOver && root.isConnected) {
        leave(session, "You stopped the session.");
        event.preventDefault();
      }
    });

    // After

    async function finish(now) {
      if (!now.takes.length) {
        session = null;
        show("ask");
        complain(`${now.why} Nothing was recorded.`);
        return;
      }
      show("end");
      const place = find(".end .place");
      find(".summary").replaceChildren();
      find(".end .acts").hidden = true;
      place.focus({ preventScroll: true });
      let done = 0;
      const tell = () => { place.textContent = `${now.why} Listening: ${done} of ${now.takes.length} …`.trim(); };
      tell();
      await Promise.all(now.takes.map((take) => take.done.then(() => { done++; tell(); })));
      const outcomes = now.takes.map((take) => ({
        title: take.picture.title, expected: take.picture.expected, seconds: take.seconds,
        heard: take.heard || null, reason: take.reason || "",
      }));
      const started = now.started.toISOString().slice(0, 16).replace("T", " ") + " UTC";
      const answer = await server.sum_up({ outcomes, started }).catch(() => ({ error: "emotrace no longer answers; is it still running?" }));
      session = null;
      find(".end .acts").hidden = false;
      if (answer.error) { place.textContent = answer.error; find(".saving").hidden = true; return; }
      find(".saving").hidden = false;
      place.textContent = now.why;
      finished = { ...answer, takes: now.takes, day: now.started.toISOString().slice(0, 10) };
      draw(finished);
    }

    function draw({ summary, takes }) {
      takes.forEach((take) => { take.url = URL.createObjectURL(take.recording); });
      const filled = fill(summary, takes.map((take) => take.picture.url), takes.map((take) => take.url));
      find(".summary").innerHTML = filled;
    }

    // Titles are escaped and hold no quotes: nothing else can look like this.
    function fill(markup, pictures, recordings) {
      return markup.replace(/src="(picture|recording):(\d+)"/g, (_, kind, place) =>
        `src="${(kind === "picture" ? pictures : recordings)[Number(place)]}"`);
    }

    root.addEventListener("click", async (event) => {
      const button = event.target.closest("[data-save]");
      if (!button || !finished) return;
      const kind = button.dataset.save, name = `picture-session-${finished.day}`;
      if (kind === "csv") save(`${name}.csv`, "text/csv", finished.csv);
      if (kind === "json") save(`${name}.json`, "application/json", finished.json);
      if (kind === "page") {
        const recordings = await Promise.all(finished.takes.map((take) => toDataUrl(take.recording)));
        save(`${name}.html`, "text/html", fill(finished.page, finished.takes.map((take) => take.picture.url), recordings));
      }
    });

    find(".again").addEventListener("click", () => {
      if (finished) finished.takes.forEach((take) => URL.revokeObjectURL(take.url));
      finished = null;
      find(".summary").replaceChildren();
      complain("");
      show("ask");
      find(".ask .act").focus();
    });
  };
})();
