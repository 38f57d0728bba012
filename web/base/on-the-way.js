/**
 * Something between this device and a server may refuse a request again and again: a proxy that limits bodies, a firewall.
 * Such a refusal says nothing about the recording, and only a person can mend its cause.
 */

/** The `reason` of such an error. */
export const REFUSED_ON_THE_WAY = 'refused-on-the-way';

/**
 * After the end of the recording a request is made so many times in a row, which takes about two minutes. While the recording
 * goes on, there is no limit.
 */
export const REFUSALS_ON_THE_WAY = 12;
