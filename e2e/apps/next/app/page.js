'use client';

import { useEffect } from 'react';
import { Recorder } from 'slipway-recorder'; // the server imports it as well, to render this

export default function Page() {
  useEffect(() => { void import('../recording.js'); }, []); // embed-app.js, put there by the test
  return <main>
    <p id="version">{Recorder.version}</p>
    <button id="record">Record</button>
    <button id="stop">Stop</button>
  </main>;
}
