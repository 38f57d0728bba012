/**
 * An application in React, under StrictMode, which mounts everything twice. The broker's address is put in when it is built.
 */

import { createElement as h, StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { SlipwayRecorder, useRecorder } from 'slipway-recorder/react';

const broker = 'https://broker.example';
const grant = async () => (await fetch('/grant', { method: 'POST' })).text();
const told = globalThis.told = { states: [], mounted: 0, link: '' };

function Hook() {
  const { state, progress, result, error, id, start, stop } = useRecorder({ broker, grant, name: 'From a hook' });
  return h('section', { id: 'hook' },
    h('p', { id: 'state' }, state),
    h('p', { id: 'bytes' }, String(progress?.recordedBytes ?? 0)),
    h('p', { id: 'hook-link' }, result?.watchUrl ?? ''),
    h('p', { id: 'hook-id' }, id),
    h('p', { id: 'hook-error' }, error?.code ?? ''),
    h('button', { id: 'hook-record', onClick: () => void start({ microphone: true }).catch(() => {}) }, 'Record'),
    h('button', { id: 'hook-stop', onClick: () => void stop() }, 'Stop'));
}

function Element() {
  const [completed, setCompleted] = useState('');
  return h('section', null,
    h(SlipwayRecorder, {
      broker, grant, id: 'element', sources: 'microphone', name: 'From a component',
      onState: ({ detail }) => {
        told.states.push(detail.state);
        if (detail.state === 'completed') setCompleted(detail.result.watchUrl);
      },
    }),
    h('p', { id: 'element-link' }, completed));
}

function App() {
  const [shown, setShown] = useState(true);
  globalThis.takeAway = () => setShown(false);
  return h('main', null, shown && h(Hook), shown && h(Element));
}

createRoot(document.body.appendChild(document.createElement('div'))).render(h(StrictMode, null, h(App)));
