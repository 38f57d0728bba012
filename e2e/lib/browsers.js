/**
 * Debian's browsers, each with a fresh profile and nothing to say to the network but to us.
 */

import path from 'node:path';
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { OUT, temporaryFolder } from './folders.js';
import { writePicture } from './media.js';

/**
 * A Chromium whose camera sees noise, or stripes, and whose microphone hears beeps. There is no fake UI: what a page may
 * record is what its context was granted.
 *
 * @param {{args?: string[], noisy?: boolean, proxy?: string}} [how] noisy: unless it is false; proxy: all requests go through it, those to this machine too
 */
export async function launchChromium(how) {
  return chromium.launch(chromiumOptions(how));
}

/** As launchChromium's. @param {{args?: string[], noisy?: boolean, proxy?: string, program?: string}} [how] program: that runs it */
export function chromiumOptions({ args = [], noisy = true, proxy, program = process.env.SLIPWAY_CHROMIUM ?? '/usr/bin/chromium' } = {}) {
  const picture = path.join(temporaryFolder(), 'picture.y4m');
  writePicture(picture, { noisy });
  return {
    executablePath: program,
    chromiumSandbox: false,
    ignoreDefaultArgs: ['--mute-audio'], // it mutes a tab for whoever records it, too
    timeout: 60_000,
    args: [
      '--headless=new', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1', '--autoplay-policy=no-user-gesture-required',
      '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${picture}`, ...args,
    ],
    ...(proxy && { proxy: { server: proxy, bypass: '<-loopback>' } }),
  };
}

/**
 * A Firefox with its own fake camera and microphone, allowed to every page.
 *
 * @param {Record<string, unknown>} [prefs]
 * @param {{folder?: string}} [profile] folder: of a profile that outlives the browser
 */
export async function launchFirefox(prefs = {}, { folder } = {}) {
  return puppeteer.launch({
    browser: 'firefox',
    userDataDir: folder,
    executablePath: process.env.SLIPWAY_FIREFOX ?? '/usr/bin/firefox-esr',
    headless: true,
    timeout: 60_000,
    protocolTimeout: 60_000,
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.autoplay.default': 0,
      'app.update.enabled': false,
      'datareporting.policy.dataSubmissionEnabled': false,
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
      ...prefs,
    },
  });
}

/** Preferences of a Firefox whose requests all go through a proxy, those to this machine too. @param {string} proxy its URL */
export function throughProxy(proxy) {
  const { hostname, port } = new URL(proxy);
  return {
    'network.proxy.type': 1, 'network.proxy.http': hostname, 'network.proxy.http_port': Number(port), 'network.proxy.allow_hijacking_localhost': true,
  };
}

/**
 * A picture of the page as it is now, to be looked at.
 *
 * @param {{screenshot: (options: {path: string, fullPage: boolean}) => Promise<unknown>}} page of any browser
 * @param {string} name
 */
export async function shoot(page, name) {
  await page.screenshot({ path: path.join(OUT, `${name}.png`), fullPage: true });
}
