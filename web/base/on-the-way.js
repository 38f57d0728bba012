/**
 * What stands between this device and a server may refuse a request in the server's place, again and again: a proxy's limit
 * on bodies, a firewall. It says nothing about the recording; and only a person can mend it.
 */

/** The `reason` of such an error. */
export const REFUSED_ON_THE_WAY = 'refused-on-the-way';

/** So often in a row one request is made, about two minutes, once nothing more is recorded. While it is, for as long as it takes. */
export const REFUSALS_ON_THE_WAY = 12;
