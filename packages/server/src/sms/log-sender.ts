import type { SmsSender } from './sms-sender.ts'

/**
 * Writes each code to a log in place of sending it: for development alone.
 *
 * @param log Such as `console.log`.
 */
export function sendToLog(log: (line: string) => void): SmsSender {
  return {
    kind: 'log',
    async send({ phone, otp, ttlMinutes }) {
      log(`SMS to ${phone}: ${otp} (good for ${ttlMinutes} min)`)
      return 'sent'
    },
  }
}
