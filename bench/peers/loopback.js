// Imported before a peer's own program: where that would listen on every
// interface, it listens on loopback, or on HOST. It costs nothing once it
// listens.
import { Server } from 'node:net';

const host = process.env.HOST ?? '127.0.0.1';
const { listen } = Server.prototype;
Server.prototype.listen = function (port, ...more) {
  const named = typeof port === 'object' || typeof more[0] === 'string';
  return named ? listen.call(this, port, ...more) : listen.call(this, port, host, ...more);
};
