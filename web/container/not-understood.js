/** The input is not what we handle. What threw it changed nothing, so the input can be passed through instead. */
export class NotUnderstood extends Error {}
