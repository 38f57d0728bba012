/**
 * React over the recorder: a hook, and the element as a component. React 18 or 19 is a peer.
 *
 * ```jsx
 * <SlipwayRecorder broker="https://broker.example" grantUrl="/slipway-grant" onState={({ detail }) => …} />
 * ```
 */

import { createElement, forwardRef, useCallback, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react';
import './element.js';
import { Recorder } from './recorder.js';

/**
 * @typedef {import('./recorder.js').RecorderOptions} RecorderOptions
 * @typedef {import('./recorder.js').RecorderError} RecorderError
 * @typedef {import('./recorder.js').RecordingResult} RecordingResult
 * @typedef {import('./recorder.js').RecordingProgress} RecordingProgress
 * @typedef {import('./element.js').SlipwayRecorder} SlipwayRecorderElement
 *
 * @typedef {object} Snapshot what a recorder says now
 * @property {import('./recorder.js').State} state
 * @property {RecordingProgress | null} progress
 * @property {RecordingResult | null} result once it is completed
 * @property {RecorderError | null} error the last one, of this recording
 * @property {string} id '' until the session is open
 * @property {string} watchUrl '' until the session is open
 */

/** @type {Snapshot} */
const NOTHING = Object.freeze({ state: 'idle', progress: null, result: null, error: null, id: '', watchUrl: '' });
/** StrictMode unmounts and mounts at once; a component that stays away for longer is gone. */
const GONE_AFTER_MS = 1000;
const EVENTS = /** @type {const} */ (['state', 'progress', 'part', 'error', 'eased', 'view']);
const useEffectBeforePaint = globalThis.document ? useLayoutEffect : useEffect; // React warns of the first on a server

/** Records with the options of the moment, and remembers what was said last. */
class Follower {
  /** @type {Recorder | null} */
  recorder = null;
  #snapshot = NOTHING;
  /** @type {Set<() => void>} */
  #listeners = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #leaving;

  snapshot = () => this.#snapshot;

  /** @param {() => void} listener */
  subscribe = (listener) => {
    this.#listeners.add(listener);
    return () => { this.#listeners.delete(listener); };
  };

  /** @param {RecorderOptions} options @param {Parameters<Recorder['start']>} how */
  async start(options, how) {
    if (this.recorder && !['idle', 'completed', 'failed', 'cancelled'].includes(this.recorder.state)) return this.recorder.start(...how); // it says why not
    this.#letGo();
    const recorder = new Recorder(options);
    this.recorder = recorder;
    this.#tell(NOTHING);
    const mine = (/** @type {Partial<Snapshot>} */ news) => {
      if (this.recorder === recorder) this.#tell({ ...this.#snapshot, id: recorder.id ?? '', watchUrl: recorder.watchUrl ?? '', ...news });
    };
    recorder.addEventListener('state', ({ detail: { state, result = null, error } }) => mine(error ? { state, result, error } : { state, result }));
    recorder.addEventListener('progress', ({ detail }) => mine({ progress: detail }));
    recorder.addEventListener('error', ({ detail }) => mine({ error: detail.error }));
    recorder.addEventListener('eased', ({ detail }) => { if (this.#snapshot.error?.code === detail.code) mine({ error: null }); });
    await recorder.start(...how).catch((error) => {
      mine({ error });
      throw error;
    });
  }

  mounted() { clearTimeout(this.#leaving); }

  /** Nothing records where nobody can stop it. What was recorded is completed. */
  unmounted() {
    this.#leaving = setTimeout(() => {
      const { recorder } = this;
      if (recorder?.state === 'starting') recorder.cancel().catch(() => {});
      else if (recorder && ['recording', 'paused'].includes(recorder.state)) recorder.stop().catch(() => {});
      else this.#letGo();
    }, GONE_AFTER_MS);
  }

  /** Of one that failed: what is on this device can be recovered then. */
  #letGo() {
    if (this.recorder?.state === 'failed') this.recorder.close();
  }

  /** @param {Snapshot} next */
  #tell(next) {
    this.#snapshot = next;
    for (const listener of this.#listeners) listener();
  }
}

/** @returns {Recorder} */
function current(/** @type {Follower} */ { recorder }) {
  if (!recorder) throw new Error('useRecorder: nothing has been recorded yet');
  return recorder;
}

/**
 * A recorder of a component. Each `start` takes the options as they are then. If the component goes while it records, the
 * recording is stopped and completed.
 *
 * @param {RecorderOptions} options
 */
export function useRecorder(options) {
  const [follower] = useState(() => new Follower());
  const latest = useRef(options);
  useEffectBeforePaint(() => { latest.current = options; });
  useEffect(() => {
    follower.mounted();
    return () => follower.unmounted();
  }, [follower]);
  const snapshot = useSyncExternalStore(follower.subscribe, follower.snapshot, () => NOTHING);
  const [calls] = useState(() => ({
    /** As the Recorder's. @param {Parameters<Recorder['start']>} how */
    start: (...how) => follower.start(latest.current, how),
    /** As the Recorder's. */
    stop: async () => current(follower).stop(),
    pause: () => current(follower).pause(),
    resume: () => current(follower).resume(),
    retry: async () => current(follower).retry(),
    cancel: async () => current(follower).cancel(),
  }));
  return { ...snapshot, ...calls, recorder: follower.recorder };
}

/**
 * @typedef {import('./element.js').SlipwayRecorderEventMap} EventMap
 *
 * @typedef {object} SlipwayRecorderProps
 * @property {string} broker
 * @property {string} [grantUrl]
 * @property {import('./element.js').GrantSource} [grant] in place of grantUrl
 * @property {string} [sources]
 * @property {string} [name]
 * @property {number} [maxMinutes]
 * @property {string} [lang]
 * @property {'light' | 'dark'} [theme]
 * @property {string} [id]
 * @property {string} [className]
 * @property {import('react').CSSProperties} [style]
 * @property {import('react').ReactNode} [children] for the slots
 * @property {(event: EventMap['state']) => void} [onState]
 * @property {(event: EventMap['progress']) => void} [onProgress]
 * @property {(event: EventMap['part']) => void} [onPart]
 * @property {(event: EventMap['error']) => void} [onError]
 * @property {(event: EventMap['eased']) => void} [onEased]
 * @property {(event: EventMap['view']) => void} [onView]
 */

/** `<slipway-recorder>` as a component. Its `ref` is the element. */
export const SlipwayRecorder = forwardRef(function SlipwayRecorder(
  /** @type {SlipwayRecorderProps} */ { grant, grantUrl, maxMinutes, className, children, onState, onProgress, onPart, onError, onEased, onView, ...rest },
  /** @type {import('react').ForwardedRef<SlipwayRecorderElement>} */ ref,
) {
  const [element, setElement] = useState(/** @type {SlipwayRecorderElement | null} */ (null));
  const listeners = useRef(/** @type {Record<string, ((event: any) => void) | undefined>} */ ({}));
  useImperativeHandle(ref, () => /** @type {SlipwayRecorderElement} */ (element), [element]);
  useEffectBeforePaint(() => {
    listeners.current = { state: onState, progress: onProgress, part: onPart, error: onError, eased: onEased, view: onView };
  });
  useEffectBeforePaint(() => {
    if (!element) return;
    const over = new AbortController();
    for (const name of EVENTS) element.addEventListener(name, (event) => listeners.current[name]?.(event), { signal: over.signal });
    return () => over.abort();
  }, [element]);
  useEffectBeforePaint(() => { if (element) element.grant = grant ?? null; }, [element, grant]);
  const keep = useCallback((/** @type {SlipwayRecorderElement | null} */ found) => setElement(found), []);
  return createElement('slipway-recorder', { ...rest, ref: keep, class: className, 'grant-url': grantUrl, 'max-minutes': maxMinutes }, children);
});
