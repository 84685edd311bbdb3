// <emotrace-face>: moves the drawing of views/face.py towards what show() was last told.
(() => {
  "use strict";
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const [EYE_LEFT, EYE_RIGHT, EYE_Y, EYE_HALF] = [114, 206, 158, 25];
  const [MIDDLE, MOUTH_Y] = [160, 232];
  const round = (value) => Math.round(value * 10) / 10;

  class Face extends HTMLElement {
    connectedCallback() {
      Object.assign(this, JSON.parse(this.dataset.settings));
      this.emotions = Object.keys(this.expressions);
      this.aim = this.rest();
      this.weights = this.rest();
      this.shown = "neutral";
      this.shownSince = -Infinity;
      this.expires = Infinity;
      this.level = 0;
      this.loudness = 0;
      this.valence = 0;
      this.arousal = 0;
      this.one = (name) => this.querySelector("." + name);
      this.all = (name) => [...this.querySelectorAll("." + name)];
      this.eyes = this.all("eye").map((eye, i) => ({
        eye,
        iris: this.all("iris")[i],
        lid: this.all("lid")[i],
        under: this.all("under")[i],
        brow: this.all("brow")[i],
      }));
      this.clipEyes();
      this.before = performance.now();
      this.nextBlink = this.before + 2500;
      this.draw(this.before);
      const step = (now) => {
        if (!this.isConnected) return;
        if (this.offsetParent !== null) this.move(now);
        this.frame = requestAnimationFrame(step);
      };
      this.frame = requestAnimationFrame(step);
    }

    disconnectedCallback() {
      cancelAnimationFrame(this.frame);
    }

    // Weights of emotions, summing to 1 at most; what is missing is neutral.
    show(probabilities, isUncertain = false) {
      const strength = this.motion.strength * (isUncertain ? this.motion.uncertain_strength : 1);
      const aim = Object.fromEntries(this.emotions.map((emotion) => [emotion, 0]));
      let sum = 0;
      for (const [emotion, probability] of Object.entries(probabilities)) {
        if (emotion === "neutral" || !(emotion in aim)) continue;
        aim[emotion] = probability * strength;
        sum += aim[emotion];
      }
      for (const emotion of this.emotions) aim[emotion] /= Math.max(1, sum);
      aim.neutral = Math.max(0, 1 - sum);
      this.aim = aim;
      const isSpeech = Object.keys(probabilities).length > 0;
      this.expires = isSpeech ? performance.now() + 1000 * this.motion.silence_seconds : Infinity;
    }

    // How loud the voice is, 0 to 1.
    hear(level) {
      this.loudness = level;
    }

    rest() {
      return Object.fromEntries(this.emotions.map((emotion) => [emotion, emotion === "neutral" ? 1 : 0]));
    }

    move(now) {
      const seconds = Math.min(1, Math.max(0, (now - this.before) / 1000));
      this.before = now;
      if (now > this.expires) {
        this.expires = Infinity;
        this.aim = this.rest();
      }
      const isBack = this.aim.neutral > this.weights.neutral;
      const constant = isBack ? this.motion.decay_seconds : this.motion.attack_seconds;
      const part = still.matches ? 1 : 1 - Math.exp(-seconds / constant);
      let [valence, arousal] = [0, 0];
      for (const emotion of this.emotions) {
        this.weights[emotion] += (this.aim[emotion] - this.weights[emotion]) * part;
        valence += this.weights[emotion] * this.plane[emotion][0];
        arousal += this.weights[emotion] * this.plane[emotion][1];
      }
      [this.valence, this.arousal] = [valence, arousal];
      this.level += (this.loudness - this.level) * (1 - Math.exp(-seconds / (this.loudness > this.level ? 0.04 : 0.16)));
      this.choose(now);
      this.draw(now);
    }

    // The one emotion that is named: calmed, so that two of equal weight do not take turns.
    choose(now) {
      if (now - this.shownSince < 1000 * this.motion.hold_seconds) return;
      let best = this.shown;
      for (const emotion of this.emotions) if (this.weights[emotion] > this.weights[best]) best = emotion;
      if (best === this.shown || this.weights[best] - this.weights[this.shown] < this.motion.margin) return;
      [this.shown, this.shownSince] = [best, now];
      this.one("iris").ownerSVGElement.setAttribute("aria-label", `A face, ${best}`);
      this.dispatchEvent(new CustomEvent("change", { detail: best }));
    }

    blink(now) {
      if (still.matches) return 1;
      if (now > this.nextBlink + 240) {
        // Who is aroused blinks more often; now and then twice.
        const pause = 2200 + 3400 * Math.random() - 900 * this.arousal;
        this.nextBlink = now + (Math.random() < 0.12 ? 200 : pause);
      }
      const way = (now - this.nextBlink) / 240;
      return way < 0 || way > 1 ? 1 : 1 - Math.sin(Math.PI * way) ** 2;
    }

    blend() {
      const pose = {};
      for (const key of Object.keys(this.expressions.neutral)) {
        pose[key] = 0;
        for (const emotion of this.emotions) pose[key] += this.weights[emotion] * this.expressions[emotion][key];
      }
      pose.smile += 0.15 * this.valence;
      pose.lid_upper += 0.1 * this.arousal;
      pose.brow_outer += 0.08 * this.arousal;
      if (!still.matches) pose.mouth_open += 0.5 * this.level;
      return pose;
    }

    draw(now) {
      const pose = this.blend();
      const breath = still.matches ? 0 : Math.sin(now / (1000 - 350 * this.arousal));
      const head = this.one("head");
      const drop = 9 * pose.drop + 1.6 * breath;
      head.setAttribute("transform", `translate(0 ${round(drop)}) rotate(${round(pose.tilt + 0.5 * breath)} 160 286)`);
      const open = this.blink(now);
      this.eyes.forEach((parts, i) => this.drawEye(parts, i === 0 ? EYE_LEFT : EYE_RIGHT, i === 0 ? 1 : -1, pose, open));
      this.drawMouth(pose);
      const wrinkle = Math.max(0, pose.wrinkle);
      for (const line of this.all("wrinkle")) line.style.opacity = round(0.75 * wrinkle);
      this.one("nose").setAttribute("d", `M150 ${round(194 - 5 * wrinkle)} q10 ${round(7 + 3 * wrinkle)} 20 0`);
      for (const cheek of this.all("cheek")) {
        cheek.style.opacity = (0.55 * Math.max(0, pose.cheeks)).toFixed(2);
        cheek.setAttribute("cy", round(208 - 7 * pose.cheeks));
      }
      this.tint();
    }

    // side is 1 where the nose is to the right of the eye.
    drawEye(parts, x, side, pose, open) {
      const outer = x - side * EYE_HALF;
      const inner = x + side * EYE_HALF;
      const lift = 25 * Math.max(0.02, pose.lid_upper) * open;
      const low = EYE_Y + 15 - 15 * pose.lid_lower * (0.4 + 0.6 * open);
      const floor = low - 1;
      const upInner = Math.min(EYE_Y - lift + 15 * pose.lid_slant * open, floor);
      const upOuter = Math.min(EYE_Y - lift - 15 * pose.lid_slant * open, floor);
      const cornerIn = EYE_Y + 2 + 4 * pose.lid_slant;
      const cornerOut = EYE_Y + 2 - 4 * pose.lid_slant;
      const top = `M${outer} ${round(cornerOut)}C${outer + side * 10} ${round(upOuter)} ${inner - side * 10} ${round(upInner)} ${inner} ${round(cornerIn)}`;
      const bottom = `C${inner - side * 9} ${round(low)} ${outer + side * 9} ${round(low)} ${outer} ${round(cornerOut)}`;
      parts.eye.setAttribute("d", top + bottom + "Z");
      parts.clip.setAttribute("d", top + bottom + "Z");
      parts.lid.setAttribute("d", top);
      parts.under.setAttribute("d", `M${outer} ${round(cornerOut)}` + `C${outer + side * 9} ${round(low)} ${inner - side * 9} ${round(low)} ${inner} ${round(cornerIn)}`);
      const [iris, pupil, glint] = parts.iris.children;
      const y = EYE_Y - 1 + 5 * pose.gaze;
      for (const circle of [iris, pupil]) {
        circle.setAttribute("cx", x);
        circle.setAttribute("cy", round(y));
      }
      glint.setAttribute("cx", x + 5);
      glint.setAttribute("cy", round(y - 5));
      const squeeze = 9 * pose.brow_squeeze;
      const base = EYE_Y - 40 - 5 * Math.max(0, pose.lid_upper - 1);
      const ends = [outer - side * 5 + side * 0.3 * squeeze, inner + side * (squeeze - 2)];
      const heights = [base + 6 - 13 * pose.brow_outer, base + 3 - 15 * pose.brow_inner];
      const arch = (heights[0] + heights[1]) / 2 - 8 + 3 * pose.brow_squeeze;
      parts.brow.setAttribute("d", `M${round(ends[0])} ${round(heights[0])}Q${round(x - side * 2)} ${round(arch)} ${round(ends[1])} ${round(heights[1])}`);
    }

    drawMouth(pose) {
      const half = 38 * Math.max(0.3, pose.mouth_width);
      const open = Math.max(0, pose.mouth_open);
      const [left, right] = [MIDDLE - half, MIDDLE + half];
      const lift = 13 * pose.smile;
      const skew = 9 * pose.mouth_skew;
      const yLeft = MOUTH_Y - lift - skew;
      const yRight = MOUTH_Y - lift + 0.5 * skew;
      const bend = MOUTH_Y + 13 * pose.smile;
      const plainness = 1 - Math.min(1, Math.abs(pose.smile));
      const upper = bend - open * (pose.smile > 0 ? 3 + 30 * plainness : 13 + 20 * plainness);
      const lower = bend + 46 * open;
      // The wider it stands open without smiling, the rounder it is.
      const inset = (0.45 - 0.5 * Math.min(1, open) * plainness) * half;
      const [a, b] = [left + inset, right - inset];
      const top = `M${round(left)} ${round(yLeft)}C${round(a)} ${round(upper)} ${round(b)} ${round(upper)} ${round(right)} ${round(yRight)}`;
      const whole = top + `C${round(b)} ${round(lower)} ${round(a)} ${round(lower)} ${round(left)} ${round(yLeft)}Z`;
      this.one("mouth").setAttribute("d", whole);
      this.one("lips").setAttribute("d", whole);
      const teeth = Math.min(12, 15 * open);
      const edge = `C${round(b)} ${round(upper + teeth * 1.3)} ${round(a)} ${round(upper + teeth * 1.3)} ${round(left)} ${round(yLeft)}Z`;
      this.one("teeth").setAttribute("d", top + edge);
      this.one("teeth").style.opacity = open > 0.12 && pose.mouth_width > 0.7 ? 0.95 : 0;
    }

    tint() {
      const mixed = [0, 0, 0];
      for (const emotion of this.emotions) {
        for (let i = 0; i < 3; i++) {
          mixed[i] += this.weights[emotion] * parseInt(this.colours[emotion].slice(1 + 2 * i, 3 + 2 * i), 16);
        }
      }
      this.style.setProperty("--mood", `rgb(${mixed.map(Math.round).join(" ")})`);
      this.style.setProperty("--feeling", (1 - this.weights.neutral).toFixed(3));
      this.style.setProperty("--level", still.matches ? "0" : this.level.toFixed(3));
    }

    clipEyes() {
      Face.made = (Face.made || 0) + 1;
      this.eyes.forEach((parts, i) => {
        const clip = document.createElementNS("http://www.w3.org/2000/svg", "clipPath");
        clip.id = `face-${Face.made}-eye-${i}`;
        parts.clip = document.createElementNS("http://www.w3.org/2000/svg", "path");
        clip.append(parts.clip);
        parts.iris.before(clip);
        parts.iris.setAttribute("clip-path", `url(#${clip.id})`);
      });
    }
  }

  customElements.define("emotrace-face", Face);
})();
