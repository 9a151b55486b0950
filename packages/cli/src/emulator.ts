import { createEmulator } from '@kaimen/emulator'
import { listenForStop } from './listen-for-stop.ts'
import { naming } from './serve.ts'
import type { Settings } from './settings.ts'

/** `kaimen emulator`: WeChat alone, for a back end in any language. */
export async function emulator({ emulatorPort: port }: Settings, host: string): Promise<void> {
  const untilStopped = listenForStop()
  const running = await naming('KAIMEN_EMULATOR_PORT', port, () => createEmulator({ port, host }))
  console.log(`
  emulator  微信模拟  ${running.url}
  world     模拟世界  ${running.url}/emulator/world

  Point your client's https://api.weixin.qq.com here / 把 https://api.weixin.qq.com 指向这里
`)
  await untilStopped(running)
}
