import { expect, it } from 'vitest'
import { sendToLog } from '../../src/sms/log-sender.ts'

it('the log sender writes each code to its log, and says what it is', async () => {
  const lines: string[] = []
  const sender = sendToLog((line) => void lines.push(line))
  expect(sender.kind).toBe('log')
  expect(await sender.send({ phone: '+8613800138001', otp: '012345', ttlMinutes: 5 })).toBe('sent')
  expect(lines).toEqual(['SMS to +8613800138001: 012345 (good for 5 min)'])
})
