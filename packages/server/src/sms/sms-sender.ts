/** A code on its way to a phone. */
export type SmsMessage = {
  /** E.164, as in `+8613800138000`. */
  readonly phone: string
  readonly otp: string
  /** For how many minutes the code is good, for templates that say so. */
  readonly ttlMinutes: number
}

/**
 * - `sent`: a gateway took the message. Whether the phone got it, nobody knows yet.
 * - `rate_limited`: the phone was sent too many; the person's to wait.
 * - `phone_refused`: the gateway sends nothing to this number; the person's to take another.
 * - `misconfigured`: key, signature, template, permission or balance; the operator's to mend.
 * - `unavailable`: no answer in time, or none that says more. The message may yet arrive.
 */
export type SmsOutcome = 'sent' | 'rate_limited' | 'phone_refused' | 'misconfigured' | 'unavailable'

/** Sends codes. One of your own is `{ kind: 'mine', send }`. */
export type SmsSender = {
  /** Which one it is. `log` shows codes to whoever reads the log, and has no place in production. */
  readonly kind: string
  /**
   * Loads what sending needs, which the first message would wait for otherwise.
   *
   * @throws `ConfigError` If it is not installed, with the command that installs it.
   */
  ready?(): Promise<void>
  /** Answers within a few seconds, whatever the gateway does. No phone or code is in what it throws. */
  send(message: SmsMessage): Promise<SmsOutcome>
  /** Ends its connections. Nothing is sent afterwards. */
  close?(): Promise<void>
}
