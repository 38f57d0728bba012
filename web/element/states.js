/**
 * The page's states, by what they have in common. They are the Recorder's, and: `loading`; `blocked` (no grant, no secure
 * context); `trying` (devices, before anything is recorded); `counting` (down, while the Recorder is `starting`);
 * `uploading` (a file).
 */

/** A recording can be started. */
export const READY = ['idle', 'trying', 'cancelled'];
/** There is a picture and a level meter. */
export const LIVE = ['trying', 'counting', 'recording', 'paused'];
/** The link is on the page, once there is one. */
export const WITH_LINK = ['recording', 'paused', 'stopping', 'completed', 'failed'];
/** The Recorder has nothing to do. */
export const OVER = ['idle', 'completed', 'failed', 'cancelled'];
/** Something is under way that can be given up. */
export const AT_WORK = ['recording', 'paused', 'stopping', 'uploading'];
