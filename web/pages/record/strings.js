/**
 * Everything that record.js says. A translation is another object of this shape, and index.html in that language.
 */

// Where there is a finger and no mouse.
const click = globalThis.matchMedia?.('(hover: none)').matches ? 'tap' : 'click';

/** @param {number} ms */
function inAWhile(ms) {
  if (ms < 90_000) return `in ${Math.max(1, Math.ceil(ms / 1000))} s`;
  const at = new Date(Date.now() + ms);
  return `at ${new Intl.DateTimeFormat(undefined, { timeStyle: 'short' }).format(at)}`;
}

export const strings = {
  pageTitle: (/** @type {string} */ what) => `${what} · Slipway`,

  /** The headline of each state; it is read out as the state changes. */
  headlines: /** @type {Record<string, string>} */ ({
    loading: 'Record',
    blocked: 'Recording is not possible here',
    idle: 'New recording',
    trying: 'New recording',
    starting: 'New recording',
    counting: 'Recording starts in 3 seconds',
    recording: 'Recording',
    paused: 'Paused',
    stopping: 'Saving',
    completed: 'Saved',
    failed: 'Not all of it is saved yet',
    cancelled: 'New recording',
    uploading: 'Uploading',
  }),
  lost: 'The recording was interrupted',
  nothingRecorded: 'Nothing was recorded',
  uploadFailed: 'The file is not uploaded',

  record: 'Record',
  starting: 'Starting…',
  pause: 'Pause',
  resume: 'Resume',
  discard: 'Discard',
  finish: 'Finish',
  back: 'Back',

  tryOut: (/** @type {boolean} */ camera, /** @type {boolean} */ microphone) => `Try the ${[camera && 'camera', microphone && 'microphone'].filter(Boolean).join(' and ')}`,
  endTry: 'End the try',
  ownChoice: 'As the browser chooses',
  noMicrophone: 'No microphone',
  mute: 'Mute',
  unmute: 'Muted',

  cameraAlone: 'You, by this device’s camera',
  cameraInstead: 'Instead of the screen',

  recorded: 'Recorded',
  fileSize: 'File',
  first: 'The first seconds are on their way.',
  keepsUp: 'The connection keeps up.',
  behind: (/** @type {string} */ bytes) => `The connection is slower than the recording: ${bytes} wait to be sent.`,
  away: (/** @type {string} */ bytes) => `No connection. Recording goes on; ${bytes} wait to be sent.`,
  waiting: (/** @type {string} */ bytes) => `No connection. ${bytes} to go as soon as it is back.`,
  leftToSend: (/** @type {string} */ bytes) => `${bytes} to go. Keep this page open.`,
  finishing: 'All of it is in S3. Putting it together…',
  inPage: 'What is not in S3 yet is still in this page. Keep it open.',
  onDevice: 'What is not in S3 yet is kept on this device, also when you close this page.',

  roomFor: (/** @type {number} */ minutes) => (minutes > 600 ? 'Room on this device for more than 10 hours.' : `Room on this device for about ${minutes} more ${minutes === 1 ? 'minute' : 'minutes'}.`),

  unnamed: 'Without a name',
  unfinishedFacts: (/** @type {{date: string, length: string, bytes: string, safe: string}} */ { date, length, bytes, safe }) => (
    [date, length, safe ? `${bytes}, ${safe} of it in S3` : bytes].join(' · ')
  ),
  ofRecording: (/** @type {string} */ what, /** @type {string} */ name) => `${what}: ${name}`,

  linkEarly: 'It plays as soon as the recording is saved.',
  linkReady: 'Whoever has this link can watch.',
  copy: 'Copy link',
  copied: 'Copied',
  copyYourself: 'Press Ctrl+C',

  summary: (/** @type {string[]} */ facts) => `${facts.join(' · ')} · all of it is in S3`,
  salvaged: 'It was put together from the parts that had arrived; its end may be missing.',

  discarded: { text: 'The recording was discarded.' },
  uploadCancelled: { text: 'The upload was cancelled.' },
  discardUnheard: {
    kind: /** @type {const} */ ('warning'), title: 'Discarded here only',
    text: 'The broker could not be told, so what had been sent may stay in S3 for a while.',
  },
  discardTooLate: {
    kind: /** @type {const} */ ('warning'), title: 'It was saved before it could be discarded',
    text: 'The link below plays it. The application you came from may be able to delete it.',
  },
  discardRefused: {
    kind: /** @type {const} */ ('warning'), title: 'The recording could not be discarded',
    text: 'It had been saved already, so its link plays. The application you came from may be able to delete it.',
  },
  sureDiscard: { title: 'Discard this recording?', text: 'What has been recorded is deleted, here and in S3.', yes: 'Discard', no: 'Keep it' },
  sureCancel: { title: 'Cancel the upload?', text: 'What has been sent is deleted. Your file stays as it is.', yes: 'Cancel the upload', no: 'Go on' },

  chooseSource: { kind: /** @type {const} */ ('warning'), title: 'Choose something to record', text: 'Tick the screen, the camera or the microphone. The microphone goes with either of the other two.' },
  allow: { text: 'Your browser now asks what this page may record.' },

  noGrant: { kind: /** @type {const} */ ('info'), title: 'This recorder needs a grant: open it from your application.', text: 'The application you use sends you here with a permission to record. This address alone has none.' },
  noBroker: { kind: /** @type {const} */ ('error'), title: 'The broker does not answer', text: 'Check your connection, then try again.' },
  insecure: { kind: /** @type {const} */ ('error'), title: 'This page needs a secure connection', text: 'Browsers allow recording only on an address that starts with https://, or on localhost. Open this page by such an address.' },
  unsupported: { kind: /** @type {const} */ ('info'), title: 'This browser cannot record', text: 'You can still upload a file, or come back with a current Chrome, Edge, Firefox or Safari.' },

  /** By the error's code and its field or reason, or by its code alone. What happened, and what to do. */
  errors: /** @type {import('../error-words.js').Words} */ ({
    'permission-denied screen': ['The screen is not shared', 'You closed the question, or sharing is not allowed. Press Record and choose what to share. On a Mac, allow your browser in System Settings, Privacy & Security, Screen Recording.'],
    'permission-denied camera': ['The camera is not allowed', `Allow the camera for this page: ${click} the icon to the left of the address. Then press Record again.`],
    'permission-denied microphone': ['The microphone is not allowed', `Allow the microphone for this page: ${click} the icon to the left of the address. Then press Record again.`],
    'permission-denied camera and microphone': ['Camera and microphone are not allowed', `Allow both for this page: ${click} the icon to the left of the address. Then press Record again.`],
    'permission-denied': ['Recording is not allowed', `Allow it for this page: ${click} the icon to the left of the address. Then press Record again.`],
    'device-not-found camera': ['No camera was found', 'Plug one in, or record without it.'],
    'device-not-found microphone': ['No microphone was found', 'Plug one in, or record without it.'],
    'device-not-found camera and microphone': ['No camera or no microphone was found', 'Plug in what is missing, or record with the other alone.'],
    'device-not-found': ['The device was not found', 'Plug it in, or record something else.'],
    'device-busy screen': ['The screen cannot be shared', 'The browser could not open it. Choose another tab, window or screen.'],
    'device-busy': ['The device is in use', 'Another program or tab holds it. Close that one, then press Record again.'],
    'device-lost video': ['The camera is gone', 'It was unplugged or taken away. What was recorded until then is being saved.'],
    'device-lost audio': ['The microphone is gone', 'It was unplugged or taken away. Recording goes on without it; you can choose another below.'],
    'device-muted video': ['No picture comes just now', 'The system, a switch or another program holds the camera or the window back. Recording goes on; the picture comes back by itself.'],
    'device-muted audio': ['The microphone is muted', 'A switch on the device, the system or a call mutes it. Recording goes on, and is silent until you unmute it there.'],
    'device-muted': ['Nothing comes from a device', 'The system or a switch holds it back. Recording goes on.'],
    'device-lost': ['A device is gone', 'It was unplugged or taken away.'],
    'not-supported screen': ['This browser cannot record the screen', 'Phones and tablets cannot. Record the camera or the microphone instead.'],
    'not-supported address': ['Recording is not possible at this address', 'Browsers record only on pages that come by https. Open this page that way.'],
    'not-supported': ['This browser cannot record that', 'Choose something else, or use a current Chrome, Edge, Firefox or Safari.'],
    'media-recorder': ['The browser stopped recording', 'What was recorded until then is being saved.'],
    'nothing-recorded': ['Nothing has been recorded yet', 'Your browser has delivered nothing for 10 seconds. Stop, choose another source, and press Record again.'],
    'audio-suspended': ['The sound is missing just now', `The browser keeps it silent, as it does during a call. Recording goes on; ${click} anywhere on this page to have the sound back.`],

    'offline': ['No connection', 'What is not in S3 yet waits here, and is sent as soon as the connection is back.'],
    'unavailable': ['The broker is busy', 'This page keeps trying. Nothing is lost while it stays open.'],
    'limited open-sessions': (ms) => ['Too many recordings are open', `Finish or discard another one. This page keeps trying, next ${inAWhile(ms)}; nothing is lost while it stays open.`],
    'limited daily-bytes': (ms) => ['Your recordings have used up this day', `This one waits here and goes on ${inAWhile(ms)}. Nothing is lost while this page stays open.`],
    'limited': (ms) => ['A limit is used up', `This page keeps trying, next ${inAWhile(ms)}. Nothing is lost while it stays open.`],
    's3': ['S3 does not take the data just now', 'This page keeps trying. Nothing is lost while it stays open.'],
    'url-expired': ['S3 refuses the upload', 'This page keeps trying with new addresses. Is the clock of the server right?'],
    'etag-hidden': ['S3 is not set up for this page', 'The bucket’s CORS rules must expose ETag. Please tell whoever runs this page.'],
    'max-bytes': ['The recording has reached the largest size', 'It ends here; all of it until now is kept.'],
    'max-bytes recorded-more': ['The recording is larger than is allowed', 'All of it is kept here. If the application you came from allows more, try again from there.'],
    'too-many-parts recorded-more': ['The recording is longer than S3 takes in one piece', 'All of it is kept here. Try again: another upload may take it.'],
    'too-many-parts': ['The recording has reached the largest length', 'It ends here; all of it until now is kept.'],
    'empty': ['', 'It was too short, or nothing came from the source.'], // the headline says that nothing was recorded
    'invalid name': ['The name was not accepted', 'The recording is kept without it.'],
    'invalid metadata': ['A note about the recording was not accepted', 'The recording is kept without it.'],
    'invalid type': ['This is no video or sound file', 'Or this browser does not know its type. Choose another file.'],
    'invalid content_type': ['This kind of file is not accepted', 'Only video and sound are.'],
    'invalid': ['The broker does not take this', 'Is this page older than the broker? Reload it: what was recorded is offered there.'],
    'unreadable': ['The file cannot be read', 'It was changed or removed after you chose it. Choose it again.'],
    'worker-failed': ['The uploader stopped', 'Go back: what was recorded until then is offered there, to be finished.'],
    'grant-failed': ['No permission to record', 'The broker gave none. Try again; nothing that was recorded is lost.'],
    'unauthorized': ['The permission to record has run out', 'Open the recorder from your application anew. What was recorded here waits until then.'],
    'forbidden': ['This is not allowed', 'The permission you were given does not cover it. Ask the application that sent you here.'],
    'not-found': ['The broker no longer knows this recording', 'It may have been deleted meanwhile.'],
    'conflict aborted': ['The recording was discarded elsewhere', 'The broker keeps nothing of it.'],
    'conflict deleted': ['The recording was deleted', 'The broker keeps nothing of it.'],
    'conflict completed-otherwise': ['The recording was ended elsewhere', 'The broker completed it from what had arrived until then. The link plays that.'],
    'conflict': ['The broker cannot put the recording together now', 'Try again in a moment.'],
    'precondition-failed': ['The recording has changed meanwhile', 'Try again.'],
    'too-large': ['The file is too large', 'It is more than the broker takes.'],
    'internal': ['Something went wrong', 'That is our mistake, not yours.'],

    'not-durable': ['This browser keeps nothing for us', 'What is not in S3 yet is lost when this tab dies. A normal window, not a private one, keeps it.'],
    'not-durable storage-gone': ['This site’s data was cleared', 'The recording goes on. What is not in S3 yet is lost when this tab dies.'],
    'quota-low': ['The disk of this device is nearly full', 'The recording ends before it is; all of it until then is kept.'],
    'quota-low memory': ['The connection is too slow for this recording', 'This page can hold no more of it. It ends here; all of it until now is kept.'],
    'bytes-lost': ['A part of the recording is gone', 'It is no longer on this device, and S3 does not have it. What S3 has is kept.'],
    'started-over': ['The recording gets a new link', 'Its first upload had ended meanwhile, so all of it is sent again.'],
  }),
  /** Once it has failed and nothing is tried any more, where they differ. */
  failures: /** @type {import('../error-words.js').Words} */ ({
    'offline': ['No connection', 'Try again once it is back.'],
    'unavailable': ['The broker does not answer', 'Try again in a moment.'],
    'limited open-sessions': ['Too many recordings are open', 'Finish or discard another one, then try again.'],
    'limited daily-bytes': (ms) => ['Your recordings have used up this day', `Try again ${inAWhile(ms)}.`],
    'limited': (ms) => ['A limit is used up', `Try again ${inAWhile(ms)}.`],
    's3': ['S3 refuses the data', 'Try again. If it stays so, tell whoever runs this page what stands below.'],
    'url-expired': ['S3 refuses the upload', 'Try again. If it stays so, tell whoever runs this page what stands below.'],
    'media-recorder': ['The browser stopped recording', 'It gave us nothing that could be saved.'],
    'invalid-state': ['Another tab is at work on this recording', 'Finish it there, or close that tab and try again.'],
  }),
  /** Of a file that is uploaded, where they differ. */
  fileErrors: /** @type {import('../error-words.js').Words} */ ({
    'empty': ['The file is empty', 'There is nothing in it to upload.'],
  }),
};
