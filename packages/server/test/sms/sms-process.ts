// Sends one code through each gateway in a plain Node, and prints how it went.
// Usage: sms-process.ts '{"endpoint": …, "missing": …}'

import { registerHooks } from 'node:module'
import { seedWorld } from '@kaimen/emulator'
import { createAliyunSms } from '@kaimen/server/sms/aliyun'
import { createTencentSms } from '@kaimen/server/sms/tencent'
import { lendToSdks } from './lend-to-sdks.ts'

export type SmsProcessOptions = {
  endpoint: string
  /** A package that is not to be found. */
  missing: string | undefined
}

lendToSdks()
const { endpoint, missing } = JSON.parse(process.argv[2] ?? '') as SmsProcessOptions
registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== missing) return next(specifier, context)
    const error = new Error(`Cannot find module '${specifier}'\nRequire stack:\n- here`)
    throw Object.assign(error, { code: 'MODULE_NOT_FOUND' })
  },
})

for (const sender of [
  createAliyunSms({ ...seedWorld.sms.aliyun, endpoint }),
  createTencentSms({ ...seedWorld.sms.tencent, endpoint }),
]) {
  const outcome = await sender
    .ready()
    .then(() => sender.send({ phone: '+8613800138001', otp: '123456', ttlMinutes: 5 }))
    .catch(String)
  await sender.close()
  process.stdout.write(`${sender.kind}: ${outcome}\n`)
}
