// A microphone that gives blocks of signed 16-bit samples: window.emotraceEar.open({block, lost}).
(() => {
  "use strict";
  const BLOCK_SECONDS = 0.1;
  const WORKLET = `
    registerProcessor("emotrace-ear", class extends AudioWorkletProcessor {
      constructor() {
        super();
        this.block = new Int16Array(Math.round(sampleRate * ${BLOCK_SECONDS}));
        this.filled = 0;
        this.squares = 0;
      }
      process([channels]) {
        const n = channels.length;
        for (let i = 0; n && i < channels[0].length; i++) {
          let sample = 0;
          for (const channel of channels) sample += channel[i] / n;
          sample = Math.max(-1, Math.min(1, sample));
          this.squares += sample * sample;
          this.block[this.filled++] = Math.round(32767 * sample);
          if (this.filled === this.block.length) {
            this.port.postMessage({ block: this.block.slice(), power: this.squares / this.filled });
            this.filled = this.squares = 0;
          }
        }
        return true;
      }
    });`;
  const REASONS = {
    NotAllowedError:
      "The microphone was refused. Allow it for this page (the sign beside the address), then press Start again.",
    NotFoundError: "No microphone was found. Plug one in, then press Start again.",
    NotReadableError: "The microphone cannot be used: another program may hold it. Close that, then press Start again.",
  };

  function explain(error) {
    return REASONS[error.name] || `The microphone cannot be used: ${error.message}`;
  }

  // Level of speech on a screen: -55 dB is 0, -15 dB is 1.
  function levelOf(power) {
    return Math.max(0, Math.min(1, (10 * Math.log10(power + 1e-10) + 55) / 40));
  }

  async function open({ block, lost }) {
    if (!navigator.mediaDevices || !window.AudioWorkletNode) {
      throw new Error("Browsers give the microphone only to pages at https or at this machine itself (127.0.0.1).");
    }
    let stream;
    try {
      // What browsers do to make speech pleasant takes some of its feeling away.
      const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      stream = await navigator.mediaDevices.getUserMedia({ audio: plain });
    } catch (error) {
      throw new Error(explain(error));
    }
    const context = new AudioContext();
    const ear = {
      samplingRate: context.sampleRate,
      close() {
        ear.close = () => {};
        for (const track of stream.getTracks()) track.stop();
        return context.close();
      },
    };
    try {
      const url = URL.createObjectURL(new Blob([WORKLET], { type: "text/javascript" }));
      await context.audioWorklet.addModule(url);
      URL.revokeObjectURL(url);
      await context.resume();
    } catch (error) {
      ear.close();
      throw new Error(`The microphone cannot be heard: ${error.message}`);
    }
    const node = new AudioWorkletNode(context, "emotrace-ear");
    node.port.onmessage = ({ data }) => block(data.block, levelOf(data.power));
    context.createMediaStreamSource(stream).connect(node);
    // It is silent; some browsers only run what leads to the loudspeaker.
    node.connect(context.destination);
    stream.getAudioTracks()[0].addEventListener("ended", () => {
      ear.close();
      lost("The microphone is gone: it was unplugged or taken away. Plug it in, then press Start again.");
    });
    return ear;
  }

  window.emotraceEar = { open };
})();
