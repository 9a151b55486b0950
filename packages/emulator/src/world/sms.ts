import { nowText } from './clock.ts'
import type { World } from './world.ts'

/** One message that an SMS gateway took, in clear: showing it is what the emulator is for. */
export interface SmsMessage {
  readonly gateway: 'aliyun' | 'tencent'
  /** E.164, such as `+8613800138001`, however the gateway was given it. */
  readonly phone: string
  /** Aliyun's TemplateCode, Tencent Cloud's TemplateId. */
  readonly template: string
  /** By name at Aliyun, in their order at Tencent Cloud. */
  readonly params: Readonly<Record<string, string>> | readonly string[]
  /** RFC 3339, by the emulator's clock. */
  readonly at: string
}

/** Older messages are dropped. */
const messagesKept = 1000

export function recordSms(world: World, message: Omit<SmsMessage, 'at'>): void {
  world.sms.push({ ...message, at: nowText(world) })
  // In steps, since each cut moves all that is kept.
  if (world.sms.length >= messagesKept * 2) world.sms.splice(0, world.sms.length - messagesKept)
}

/** The latest 1,000 messages, oldest first. */
export function listSms(world: World): readonly SmsMessage[] {
  return world.sms.slice(-messagesKept)
}
