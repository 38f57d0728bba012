/**
 * Plays from URLs that run out, as if they did not.
 *
 * S3 looks at a URL's end when a request begins. What is being loaded goes on past it, and what is loaded plays on; only
 * the next range request is refused. So the URL is not exchanged when it ends, which would interrupt the picture for
 * nothing, but when it is needed and is over: on an error, on a seek or a start to where nothing is loaded, or when the
 * player runs dry. A fresh URL is fetched beforehand while it plays, so that the exchange costs a short wait only.
 */

/** @typedef {import('./playback.js').UrlLease} UrlLease */

/** So often in a row, without playing on in between, is the file tried anew. */
const TRIES = 3;
const BETWEEN_TRIES_MS = 700;
const LOOK_EVERY_MS = 1000;
/** So much loaded ahead (s) is enough to start on. */
const ENOUGH_S = 0.3;
/** Longest wait for a picture before the frozen one is taken away. */
const STILL_MS = 10_000;

export class RenewingPlayer {
  #video;
  #still;
  #fetchLease;
  #onFailed;
  /** @type {UrlLease} */
  #lease;
  /** @type {UrlLease | null} fetched beforehand */
  #spare = null;
  #fetchingSpare = false;
  #exchanging = false;
  #loading = false; // of an exchange: what the element says now is not what the person wants
  #failures = 0;
  #position = 0; // where it is, or is wanted; the element forgets it on an error
  #failedAt = 0;
  #playing = false; // or wants to
  #timer;
  #over = new AbortController();

  /**
   * @param {object} options
   * @param {HTMLVideoElement} options.video
   * @param {HTMLCanvasElement} options.still lies over the video and shows its last frame during an exchange
   * @param {UrlLease} options.lease
   * @param {() => Promise<UrlLease>} options.fetchLease rejects when the recording is not to be had any more
   * @param {(error: unknown) => void} options.onFailed the player has given up
   */
  constructor({ video, still, lease, fetchLease, onFailed }) {
    this.#video = video;
    this.#still = still;
    this.#lease = lease;
    this.#fetchLease = fetchLease;
    this.#onFailed = onFailed;
    const on = (/** @type {string} */ name, /** @type {() => void} */ handle) => {
      video.addEventListener(name, () => { if (!this.#loading) handle(); }, { signal: this.#over.signal });
    };
    video.addEventListener('play', () => { this.#playing = true; }, { signal: this.#over.signal }); // pressed during an exchange it is meant all the same
    on('play', () => this.#need());
    on('pause', () => { if (!video.error) this.#playing = false; }); // Chromium pauses on an error
    on('timeupdate', () => this.#moved());
    on('seeking', () => { this.#moved(); this.#need(); });
    on('waiting', () => this.#need());
    on('stalled', () => { if (this.#playing) this.#need(); });
    on('error', () => void this.#recover());
    this.#timer = setInterval(() => this.#prepare(), LOOK_EVERY_MS);
    video.src = lease.url;
  }

  /** Lets go of the element: another file is to be played in it. */
  close() {
    clearInterval(this.#timer);
    this.#over.abort();
    this.#melt();
  }

  get #closed() { return this.#over.signal.aborted; }

  /** A URL that can be used right now, for a download. @returns {Promise<string>} */
  async currentUrl() {
    if (this.#lease.ending) await this.#fetchSpare();
    return (this.#spare ?? this.#lease).url;
  }

  #moved() {
    if (this.#video.error) return;
    this.#position = this.#video.currentTime;
    if (Math.abs(this.#position - this.#failedAt) > 1) this.#failures = 0; // it does play on
  }

  /** Data is wanted: from a URL that is over there will be none. */
  #need() {
    if (this.#lease.over && !this.#loaded()) void this.#exchange();
  }

  #loaded() {
    const { buffered, currentTime: at, duration } = this.#video;
    for (let i = 0; i < buffered.length; i++) {
      if (buffered.start(i) <= at && at <= buffered.end(i)) return buffered.end(i) >= Math.min(at + ENOUGH_S, duration - 0.1);
    }
    return false;
  }

  async #recover() {
    // An error on a URL that is over is what we wait for; any other counts.
    this.#failedAt = this.#position;
    if (!this.#lease.over && ++this.#failures > TRIES) return this.#onFailed(this.#video.error);
    if (this.#exchanging) return; // the file is about to be loaded anew anyway
    if (this.#failures > 1) await new Promise((resolve) => setTimeout(resolve, BETWEEN_TRIES_MS * this.#failures));
    await this.#exchange();
  }

  /** Goes on with a fresh URL at the same place, pace and loudness, playing or not as before. */
  async #exchange() {
    if (this.#exchanging || this.#closed) return;
    this.#exchanging = true;
    const video = this.#video;
    this.#freeze();
    try {
      this.#lease = await this.#fresh();
      if (this.#closed) return; // the element plays another file
      this.#moved(); // perhaps somewhere else while we waited
      const { playbackRate } = video;
      const at = this.#position;
      this.#loading = true;
      video.src = this.#lease.url; // volume and muted stay with the element; time, rate and playing do not
      video.playbackRate = playbackRate;
      await event(video, ['loadedmetadata']);
      if (this.#closed) return;
      video.playbackRate = playbackRate;
      if (at > 0) video.currentTime = at;
      if (this.#playing) video.play().catch(() => { this.#playing = false; });
      if (at > 0) await event(video, ['seeked', 'playing'], STILL_MS);
      else await event(video, ['loadeddata'], STILL_MS);
      if (this.#closed) return;
      this.#playing = !video.paused;
      this.#moved();
    } catch (error) {
      if (this.#closed) return;
      if (error !== video.error) return this.#onFailed(error);
      void Promise.resolve().then(() => this.#recover()); // once this exchange is over
    } finally {
      this.#exchanging = this.#loading = false;
      if (!this.#closed) this.#melt();
    }
  }

  /** The spare URL, or one that is fetched now. @returns {Promise<UrlLease>} */
  async #fresh() {
    const spare = this.#spare;
    this.#spare = null;
    return spare && !spare.ending ? spare : this.#fetchLease();
  }

  #prepare() {
    if (!this.#video.paused && this.#lease.ending && !this.#exchanging) void this.#fetchSpare().catch(() => {});
  }

  /** @returns {Promise<void>} */
  async #fetchSpare() {
    if (this.#fetchingSpare || (this.#spare && !this.#spare.ending)) return;
    this.#fetchingSpare = true;
    try {
      this.#spare = await this.#fetchLease();
    } finally {
      this.#fetchingSpare = false;
    }
  }

  /** The element goes black while it loads anew; a copy of its last frame covers that. */
  #freeze() {
    const { videoWidth, videoHeight } = this.#video;
    const pen = this.#still.getContext('2d');
    if (!videoWidth || !pen) return;
    this.#still.width = videoWidth;
    this.#still.height = videoHeight;
    pen.drawImage(this.#video, 0, 0);
    this.#still.hidden = false;
  }

  #melt() {
    this.#still.hidden = true;
  }
}

/**
 * @param {HTMLVideoElement} video
 * @param {string[]} names
 * @param {number} [withinMs] after which it resolves all the same
 * @returns {Promise<void>} rejects with the element's error
 */
function event(video, names, withinMs) {
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    const done = () => { over.abort(); resolve(); };
    for (const name of names) video.addEventListener(name, done, { signal: over.signal });
    video.addEventListener('error', () => { over.abort(); reject(video.error); }, { signal: over.signal });
    if (withinMs) setTimeout(done, withinMs);
  });
}
