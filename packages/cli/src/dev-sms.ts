import { seedWorld } from '@kaimen/emulator'
import { ConfigError, sendToLog, type SmsSender } from '@kaimen/server'
import { createTencentSms } from '@kaimen/server/sms/tencent'

/**
 * SMS of `kaimen dev`: through Tencent Cloud's own SDK to the emulator's gateway, where `GET
 * /emulator/sms` shows them; without the SDK, in this terminal.
 */
export async function openDevSms(emulatorUrl: string): Promise<SmsSender> {
  const gateway = createTencentSms({ ...seedWorld.sms.tencent, endpoint: emulatorUrl })
  try {
    await gateway.ready?.()
    return gateway
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return sendToLog((line) => console.log(line))
  }
}
